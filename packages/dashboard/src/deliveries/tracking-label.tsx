import { CopyIcon } from '../design/copy.tsx';

/** The number as it would stand on the parcel. */
export function TrackingLabel({ trackingNumber }: { trackingNumber: string }) {
  return (
    <p className="inline-flex items-center rounded-md border border-line bg-sheet pl-3">
      <span className="sr-only">Tracking number </span>
      <span className="font-mono text-body font-medium tracking-wide whitespace-nowrap">
        {trackingNumber}
      </span>
      <CopyIcon text={trackingNumber} what="the tracking number" />
    </p>
  );
}
