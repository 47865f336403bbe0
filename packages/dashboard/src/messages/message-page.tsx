import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { Delivery, Message } from '@waybill/sdk';
import { useState } from 'react';
import { messageQuery } from '../api/queries.ts';
import { useRowKeys } from '../app/keyboard.ts';
import { DeliveryPeek } from '../deliveries/delivery-peek.tsx';
import { Icon } from '../design/icon.tsx';
import { Moment } from '../design/moment.tsx';
import { Page, useTitle } from '../design/page.tsx';
import { ProblemNote, SkeletonRows } from '../design/states.tsx';
import { VerdictWord } from '../design/verdict-mark.tsx';
import { ladder } from '../deliveries/verdict-words.ts';
import { MarkSent } from './mark-sent.tsx';
import { MessageFacts } from './message-facts.tsx';
import { MessageSummaryLine } from './message-summary-line.tsx';

const route = getRouteApi('/inside/messages/$messageId');

/** One message: its deliveries, strongest sign first, and on wide screens the chosen one beside them. */
export function MessagePage() {
  const { messageId } = route.useParams();
  const message = useQuery(messageQuery(messageId));
  useTitle(message.data?.subject ?? 'Message');
  useRowKeys();
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  if (message.isPending) {
    return (
      <Page>
        <h1 className="sr-only">Message</h1>
        <SkeletonRows label="Loading the message" />
      </Page>
    );
  }
  if (message.isError) {
    return (
      <Page>
        <h1 className="sr-only">Message</h1>
        <ProblemNote error={message.error} onRetry={() => void message.refetch()} />
      </Page>
    );
  }
  const deliveries = message.data.deliveries.toSorted(
    (a, b) => ladder.indexOf(b.verdict.state) - ladder.indexOf(a.verdict.state),
  );
  const peeked = chosen ?? deliveries[0]?.trackingNumber;
  return (
    <Page
      pane={
        <aside aria-label="Delivery" className="hidden xl:block">
          {peeked !== undefined && <DeliveryPeek trackingNumber={peeked} />}
        </aside>
      }
    >
      <MessageHead message={message.data} />
      <DeliveryList deliveries={deliveries} chosen={peeked} onChoose={setChosen} />
      {message.data.source === 'snippet' && message.data.sentAt === null && (
        <section aria-labelledby="out" className="mt-8">
          <h2 id="out" className="mb-1 text-field font-semibold">
            Say when it is out
          </h2>
          <MarkSent messageId={messageId} />
        </section>
      )}
      <MessageFacts message={message.data} />
    </Page>
  );
}

function MessageHead({ message }: { message: Message }) {
  return (
    <header className="mb-6">
      <Link
        to="/"
        className="-ml-1 inline-flex min-h-11 items-center gap-1 text-soft hover:text-ink md:min-h-9"
      >
        <Icon name="back" />
        Messages
      </Link>
      <h1 className="text-title font-semibold">
        {message.subject === '' ? '(no subject)' : message.subject}
      </h1>
      <p className="mt-1 text-soft">
        From {message.from}
        {message.sentAt === null ? (
          ', not sent yet'
        ) : (
          <>
            , sent <Moment at={message.sentAt} wording="phrase" />
          </>
        )}
      </p>
      <MessageSummaryLine message={message} />
    </header>
  );
}

function DeliveryList({
  deliveries,
  chosen,
  onChoose,
}: {
  deliveries: Delivery[];
  chosen: string | undefined;
  onChoose: (trackingNumber: string) => void;
}) {
  return (
    <section aria-label="Deliveries">
      <h2 className="sr-only">Deliveries</h2>
      <ul className="@container border-t border-line">
        {deliveries.map((delivery) => (
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
              <span className="min-w-0 truncate font-medium">{delivery.recipient}</span>
              <VerdictWord verdict={delivery.verdict} />
              <span className="font-mono text-meta text-faint">{delivery.trackingNumber}</span>
              {delivery.untouchedBecause !== undefined && (
                <span className="text-meta text-faint">no pixel</span>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
