import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { Message } from '@waybill/sdk';
import { useState } from 'react';
import { messageQuery } from '../api/queries.ts';
import { useRowKeys } from '../app/keyboard.ts';
import { DeliveryPeek } from '../deliveries/delivery-peek.tsx';
import { Icon } from '../design/icon.tsx';
import { Moment } from '../design/moment.tsx';
import { Page, useTitle } from '../design/page.tsx';
import { ProblemNote, SkeletonRows } from '../design/states.tsx';
import { ladder } from '../deliveries/verdict-words.ts';
import { DeliveryList } from './delivery-list.tsx';
import { MarkSent } from './mark-sent.tsx';
import { MessageFacts } from './message-facts.tsx';
import { manyRecipients } from './message-sentence.ts';
import { MessageSummaryLine } from './message-summary-line.tsx';
import { type ReaderGroup, readerGroupOf } from './message-verdict.ts';
import { ReadersBar } from './readers-bar.tsx';

const route = getRouteApi('/inside/messages/$messageId');

/** One message: its deliveries, strongest sign first, and on wide screens the chosen one beside them. */
export function MessagePage() {
  const { messageId } = route.useParams();
  const message = useQuery(messageQuery(messageId));
  useTitle(message.data?.subject ?? 'Message');
  useRowKeys();
  const [group, setGroup] = useState<ReaderGroup | undefined>(undefined);
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
      {deliveries.length >= manyRecipients && message.data.mode !== 'aggregate' && (
        <ReadersBar
          verdicts={deliveries.map(({ verdict }) => verdict)}
          read={message.data.read}
          shown={group}
          onShow={setGroup}
        />
      )}
      <DeliveryList
        deliveries={
          group === undefined
            ? deliveries
            : deliveries.filter(({ verdict }) => readerGroupOf(verdict.state) === group)
        }
        chosen={peeked}
        onChoose={setChosen}
      />
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
      <h1 dir="auto" className="text-left text-title font-semibold">
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
