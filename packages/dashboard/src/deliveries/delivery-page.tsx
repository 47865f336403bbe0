import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { DeliveryDetail } from '@waybill/sdk';
import { deliveryQuery } from '../api/queries.ts';
import { buttonClasses } from '../design/button.tsx';
import { Icon } from '../design/icon.tsx';
import { Page, useTitle } from '../design/page.tsx';
import { ProblemNote, SkeletonDetail } from '../design/states.tsx';
import { isCapture } from './actor-words.ts';
import { DeliveryFacts } from './delivery-facts.tsx';
import { withMilestones } from './earlier-events.ts';
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
  const whole = withMilestones(delivery.data);
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
      <VerdictHead delivery={whole} />
      <TryIt delivery={whole} />
      <Way delivery={whole} />
      <Timeline delivery={delivery.data} />
    </Page>
  );
}

function Heading({ delivery }: { delivery: DeliveryDetail }) {
  return (
    <header className="mb-4">
      <nav aria-label="Where this is" className="flex min-w-0 items-center gap-1 text-soft">
        <Link
          to="/"
          className="-ml-1 inline-flex min-h-11 shrink-0 items-center gap-1 hover:text-ink md:min-h-9"
        >
          <Icon name="back" />
          Messages
        </Link>
        <span aria-hidden="true" className="text-faint">
          /
        </span>
        <Link
          to="/messages/$messageId"
          params={{ messageId: delivery.messageId }}
          className="inline-flex min-h-11 min-w-0 items-center hover:text-ink md:min-h-9"
        >
          <bdi className="truncate">{delivery.subject === '' ? '(no subject)' : delivery.subject}</bdi>
        </Link>
      </nav>
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-1">
        <p className="min-w-0 break-words text-soft">
          To <span className="font-medium text-ink">{delivery.recipient}</span>
        </p>
        <TrackingLabel trackingNumber={delivery.trackingNumber} />
      </div>
    </header>
  );
}

/** A copy that lies in the demo inbox can be opened there, to play its recipient. */
function TryIt({ delivery: { events, trackingNumber } }: { delivery: DeliveryDetail }) {
  if (!events.some(isCapture)) return null;
  return (
    <p className="-mt-4 mb-9">
      <Link
        to="/inbox/$mailId"
        params={{ mailId: trackingNumber }}
        preload={false}
        className={buttonClasses('plain')}
      >
        <Icon name="inbox" />
        Open it as its recipient would
      </Link>
    </p>
  );
}
