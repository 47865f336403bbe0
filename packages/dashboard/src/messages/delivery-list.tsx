import { Link } from '@tanstack/react-router';
import type { Delivery } from '@waybill/sdk';
import { useState } from 'react';
import { Button } from '../design/button.tsx';
import { VerdictWord } from '../design/verdict-mark.tsx';

/** A mail to hundreds is looked at a screenful at a time. */
const step = 50;

/** The copies of a message, strongest sign first; on wide screens the chosen one is shown beside them. */
export function DeliveryList({
  deliveries,
  chosen,
  onChoose,
}: {
  deliveries: readonly Delivery[];
  chosen: string | undefined;
  onChoose: (trackingNumber: string) => void;
}) {
  const [limit, setLimit] = useState(step);
  const hidden = deliveries.length - limit;
  return (
    <section aria-label="Deliveries">
      <h2 className="sr-only">Deliveries</h2>
      <ul className="@container border-t border-line">
        {deliveries.slice(0, limit).map((delivery) => (
          <li key={delivery.trackingNumber} className="border-b border-line">
            <Link
              to="/deliveries/$trackingNumber"
              params={{ trackingNumber: delivery.trackingNumber }}
              data-row
              onFocus={() => onChoose(delivery.trackingNumber)}
              onPointerEnter={() => onChoose(delivery.trackingNumber)}
              className={`-mx-3 grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 rounded-md px-3 py-3 hover:bg-hover ${
                chosen === delivery.trackingNumber ? 'xl:bg-hover' : ''
              }`}
            >
              <span className="col-span-2 min-w-0 truncate font-medium @md:col-span-1">
                {delivery.recipient}
              </span>
              <span className="order-1 justify-self-end @md:order-none">
                <VerdictWord verdict={delivery.verdict} />
              </span>
              <span className="font-mono text-meta whitespace-nowrap text-faint">
                {delivery.trackingNumber}
              </span>
              {delivery.untouchedBecause !== undefined && (
                <span className="order-2 text-meta text-faint @md:order-none @md:justify-self-end">
                  no pixel
                </span>
              )}
            </Link>
          </li>
        ))}
      </ul>
      {hidden > 0 && (
        <div className="py-5 text-center">
          <Button onClick={() => setLimit(limit + 4 * step)}>
            Show {Math.min(hidden, 4 * step)} more of {deliveries.length}
          </Button>
        </div>
      )}
    </section>
  );
}
