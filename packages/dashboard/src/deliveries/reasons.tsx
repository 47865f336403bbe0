import type { Reason } from '@waybill/sdk';

/** The evidence in sentences; the code beside each is what logs and the API call it. */
export function Reasons({ reasons }: { reasons: readonly Reason[] }) {
  return (
    <ul className="mt-1 mb-2 flex max-w-[72ch] flex-col gap-1.5 border-l-2 border-line pl-4">
      {reasons.map((reason) => (
        <li key={`${reason.code} ${reason.text}`}>
          {reason.text}{' '}
          <code className="font-mono text-meta whitespace-nowrap text-faint">{reason.code}</code>
        </li>
      ))}
    </ul>
  );
}
