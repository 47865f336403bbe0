import { Link } from '@tanstack/react-router';
import type { StreamEvent } from '@waybill/sdk';
import { eventTitle, kindOf } from '../deliveries/actor-words.ts';
import { clientName, ownerName, placeName, proxyPhrase } from '../deliveries/origin-words.ts';
import { hostOf } from '../deliveries/verdict-sentence.ts';
import { ActorMark } from '../design/actor-mark.tsx';
import { classes } from '../design/classes.ts';
import { Moment } from '../design/moment.tsx';
import { VerdictWord } from '../design/verdict-mark.tsx';

/** One event in the feed: what, on which mail, from where, and what is known of the delivery now. */
export function FeedRow({ event, arrived }: { event: StreamEvent; arrived: boolean }) {
  const person = kindOf(event.actor) === 'person';
  const origin = originWords(event);
  return (
    <li className={classes('border-b border-line', arrived && 'arrive')}>
      <Link
        to="/deliveries/$trackingNumber"
        params={{ trackingNumber: event.trackingNumber }}
        data-row
        className="-mx-3 grid grid-cols-[auto_minmax(0,1fr)_auto] items-start gap-x-3 rounded-md px-3 py-3 hover:bg-hover @lg:grid-cols-[auto_minmax(0,1fr)_11.5rem_5rem]"
      >
        <ActorMark event={event} />
        <span className="min-w-0">
          <span className={classes('block', person && 'font-medium')}>
            {eventTitle(event)}
            {origin !== '' && <span className="font-normal text-faint"> {origin}</span>}
          </span>
          <span className="block truncate text-meta text-faint">
            <bdi>{event.recipient}</bdi> · <bdi>{event.subject === '' ? '(no subject)' : event.subject}</bdi>
          </span>
        </span>
        <span className="hidden pt-0.5 @lg:block">
          <VerdictWord verdict={event.verdict} />
        </span>
        <span className="pt-0.5 text-right text-meta text-faint">
          <Moment at={event.at} />
        </span>
      </Link>
    </li>
  );
}

function originWords(event: StreamEvent): string {
  if (event.type !== 'opened' && event.type !== 'clicked') return '';
  const host = event.type === 'clicked' ? hostOf(event.link) : undefined;
  const parts = [
    host,
    proxyPhrase(event.network) ?? placeName(event.place),
    kindOf(event.actor) === 'machine' ? ownerName(event.network) : clientName(event.client),
  ].filter((part) => part !== undefined);
  return [...new Set(parts)].join(' · ');
}
