import { Link } from '@tanstack/react-router';
import type { MessageSummary, ReadInterval } from '@waybill/sdk';
import { verdictTone } from '../deliveries/verdict-words.ts';
import { Moment } from '../design/moment.tsx';
import { VerdictWord } from '../design/verdict-mark.tsx';
import { manyRecipients } from './message-sentence.ts';
import { type MessageVerdict, messageVerdict } from './message-verdict.ts';
import { recipientsLine } from './recipients-line.ts';

/** Subject, recipients, verdict, last sign: one line on wide lists, two on narrow ones. */
export function MessageRow({ message }: { message: MessageSummary }) {
  const verdict = messageVerdict(message.deliveries.map((delivery) => delivery.verdict));
  const only = message.deliveries.length === 1 ? message.deliveries[0] : undefined;
  return (
    <li className="border-b border-line">
      <Link
        {...(only === undefined
          ? { to: '/messages/$messageId', params: { messageId: message.id } }
          : { to: '/deliveries/$trackingNumber', params: { trackingNumber: only.trackingNumber } })}
        data-row
        className="-mx-3 grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-1.5 rounded-md px-3 py-3 hover:bg-hover @lg:grid-cols-[minmax(0,1fr)_11.5rem_5.5rem] @lg:items-center"
      >
        <span className="col-span-2 min-w-0 @lg:col-span-1">
          <span dir="auto" className="block truncate text-left font-medium">
            {message.subject === '' ? '(no subject)' : message.subject}
          </span>
          <span className="block truncate text-meta text-faint">
            {recipientsLine(message.deliveries.map((delivery) => delivery.recipient))}
          </span>
        </span>
        {message.mode === 'aggregate' && !verdictIsTrouble(verdict) ? (
          <Counted />
        ) : (
          <RowVerdict verdict={verdict} read={message.read} />
        )}
        <span className="text-right text-meta text-faint @lg:text-body">
          <RowTime message={message} />
        </span>
      </Link>
    </li>
  );
}

function verdictIsTrouble({ best }: MessageVerdict): boolean {
  return best !== undefined && verdictTone(best.state) === 'trouble';
}

/** Openings of such a mail belong to the message, so no recipient's state says anything of readers. */
function Counted() {
  return <span className="pl-6 text-soft">Counts only</span>;
}

/** Of many copies only a lower bound is known; the message's own page explains it. */
function shareWords({ count, total, best }: MessageVerdict, { atLeast }: ReadInterval): string {
  if (total < manyRecipients || atLeast === 0 || best === undefined || verdictTone(best.state) !== 'person')
    return `${count} of ${total}`;
  return `${atLeast}+ of ${total}`;
}

function RowVerdict({ verdict, read }: { verdict: MessageVerdict; read: ReadInterval }) {
  if (verdict.best === undefined) return <span className="text-faint">No recipients</span>;
  const share = verdict.total > 1 ? shareWords(verdict, read) : undefined;
  return (
    <span className="min-w-0">
      <VerdictWord verdict={verdict.best} {...(share === undefined ? {} : { suffix: share })} />
      {verdict.troubled > 0 && (
        <span className="block pl-6 text-meta text-amber">
          {verdict.troubled} {verdict.troubled === 1 ? 'came back' : 'came back or failed'}
        </span>
      )}
    </span>
  );
}

function RowTime({ message }: { message: MessageSummary }) {
  const silent = message.deliveries.every(({ verdict }) => verdictTone(verdict.state) === 'none');
  const at = message.lastSignAt ?? message.sentAt ?? message.createdAt;
  return (
    <>
      <span className="sr-only">{message.lastSignAt === null || silent ? 'Sent ' : 'Last sign '}</span>
      <Moment at={at} wording={message.mode === 'day' && !silent ? 'day' : 'relative'} />
    </>
  );
}
