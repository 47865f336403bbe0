import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { deliveryQuery } from '../api/queries.ts';
import { buttonClasses } from '../design/button.tsx';
import { SkeletonDetail } from '../design/states.tsx';
import { withMilestones } from './earlier-events.ts';
import { TrackingLabel } from './tracking-label.tsx';
import { VerdictHead } from './verdict-head.tsx';
import { WhereFrom } from './where-from.tsx';

/** A delivery's answer beside the list it stands in. */
export function DeliveryPeek({ trackingNumber }: { trackingNumber: string }) {
  const { data } = useQuery(deliveryQuery(trackingNumber));
  if (data === undefined) return <SkeletonDetail label="Loading the delivery" />;
  return (
    <div className="sticky top-8 flex flex-col items-start gap-5">
      <div>
        <p className="mb-2 text-soft">
          To <span className="font-medium break-all text-ink">{data.recipient}</span>
        </p>
        <TrackingLabel trackingNumber={trackingNumber} />
      </div>
      <VerdictHead delivery={withMilestones(data)} compact />
      <div className="-mt-6 w-full">
        <WhereFrom delivery={data} />
      </div>
      <Link to="/deliveries/$trackingNumber" params={{ trackingNumber }} className={buttonClasses('plain')}>
        See the whole way
      </Link>
    </div>
  );
}
