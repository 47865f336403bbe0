import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { DeliveryDetail } from '@waybill/sdk';
import { deliveryQuery } from '../api/queries.ts';
import { Icon } from '../design/icon.tsx';
import { Page, useTitle } from '../design/page.tsx';
import { ProblemNote, SkeletonDetail } from '../design/states.tsx';
import { DeliveryFacts } from './delivery-facts.tsx';
import { Timeline } from './timeline.tsx';
import { TrackingLabel } from './tracking-label.tsx';
import { VerdictHead } from './verdict-head.tsx';
import { Way } from './way.tsx';
import { WhereFrom } from './where-from.tsx';

const route = getRouteApi('/inside/deliveries/$trackingNumber');

/** The tracking page of one recipient's copy: the answer, the way, the evidence. */
export function DeliveryPage() {
  const { trackingNumber } = route.useParams();
  const delivery = useQuery(deliveryQuery(trackingNumber));
  useTitle(
    delivery.data === undefined ? trackingNumber : `${delivery.data.recipient} · ${delivery.data.subject}`,
  );
  if (delivery.isPending) {
    return (
      <Page>
        <h1 className="sr-only">{trackingNumber}</h1>
        <SkeletonDetail label="Loading the delivery" />
      </Page>
    );
  }
  if (delivery.isError) {
    return (
      <Page>
        <h1 className="sr-only">{trackingNumber}</h1>
        <ProblemNote error={delivery.error} onRetry={() => void delivery.refetch()} />
      </Page>
    );
  }
  return (
    <Page
      pane={
        <aside aria-label="About this delivery" className="flex flex-col gap-8">
          <WhereFrom delivery={delivery.data} />
          <DeliveryFacts delivery={delivery.data} />
        </aside>
      }
    >
      <Heading delivery={delivery.data} />
      <VerdictHead delivery={delivery.data} />
      <Way delivery={delivery.data} />
      <Timeline delivery={delivery.data} />
    </Page>
  );
}

function Heading({ delivery }: { delivery: DeliveryDetail }) {
  return (
    <header className="mb-4">
      <Link
        to="/messages/$messageId"
        params={{ messageId: delivery.messageId }}
        className="-ml-1 inline-flex min-h-11 max-w-full items-center gap-1 text-soft hover:text-ink md:min-h-9"
      >
        <Icon name="back" />
        <span className="truncate">{delivery.subject === '' ? '(no subject)' : delivery.subject}</span>
      </Link>
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-1">
        <p className="min-w-0 break-words text-soft">
          To <span className="font-medium text-ink">{delivery.recipient}</span>
        </p>
        <TrackingLabel trackingNumber={delivery.trackingNumber} />
      </div>
    </header>
  );
}
