import type { Event, Mode } from '@waybill/sdk';
import { ActorMark } from '../design/actor-mark.tsx';
import { classes } from '../design/classes.ts';
import { Icon } from '../design/icon.tsx';
import { Moment } from '../design/moment.tsx';
import { durationWords } from '../design/time-words.ts';
import { actorName, eventTitle, kindOf } from './actor-words.ts';
import { burstWords, fetchedWords, type EventGroup } from './event-groups.ts';
import { clientName, deviceName, ownerName, placeName } from './origin-words.ts';
import { Reasons } from './reasons.tsx';

/** One event, or one machine's burst: who, where from, with what, and why we think so. */
export function TimelineRow({ group, mode, arrived }: { group: EventGroup; mode: Mode; arrived: boolean }) {
  const [event] = group.events;
  const burst = group.events.length > 1;
  const person = kindOf(event.actor) === 'person';
  return (
    <li className={classes('relative flex gap-3 pb-4 last:pb-2', arrived && 'arrive')}>
      <span aria-hidden="true" className="absolute top-8 bottom-1 left-[0.84375rem] w-px bg-line" />
      <ActorMark event={event} />
      <div className="min-w-0 flex-1 pt-1">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4">
          <p className={person ? 'font-medium' : ''}>{burst ? burstTitle(group) : eventTitle(event)}</p>
          {mode === 'full' && (
            <p className="text-meta text-faint">
              <Moment at={event.at} wording="clock" />
            </p>
          )}
        </div>
        {event.link !== undefined && !burst && (
          <p className="truncate text-soft" title={event.link}>
            {event.link}
          </p>
        )}
        <Origin event={event} />
        <Evidence group={group} />
      </div>
    </li>
  );
}

function burstTitle(group: EventGroup): string {
  return `${actorName(group.events[0].actor)} fetched ${burstWords(group, durationWords)}`;
}

/** Place, program, device, network and address in one quiet line; what is unknown is left out. */
function Origin({ event }: { event: Event }) {
  if (event.type !== 'opened' && event.type !== 'clicked') return null;
  const owner = ownerName(event.network);
  const network = event.network?.asn === undefined ? owner : `${owner ?? 'Network'} (AS${event.network.asn})`;
  const device = deviceName(event.client);
  const place = placeName(event.place);
  const parts = [
    place ??
      (kindOf(event.actor) === 'person' && event.place?.grain === 'unknown' ? 'Place unknown' : undefined),
    clientName(event.client),
    device === 'server' ? undefined : device,
    network,
    event.requests === undefined
      ? undefined
      : `asked for ${event.requests === 2 ? 'twice' : `${event.requests} times`} within a second`,
  ].filter((part) => part !== undefined);
  if (parts.length === 0 && event.ip === undefined) return null;
  return (
    <p className="text-meta text-faint">
      {parts.join(' · ')}
      {event.ip !== undefined && (
        <>
          {parts.length > 0 && ' · '}
          <span className="inline-block max-w-full font-mono break-all">{event.ip}</span>
        </>
      )}
    </p>
  );
}

/** Mail servers' own words stand in the open; a judgement's reasons behind "why?". */
function Evidence({ group }: { group: EventGroup }) {
  const [event] = group.events;
  const reasons = event.reasons ?? [];
  const burst = group.events.length > 1;
  const judged = event.type === 'opened' || event.type === 'clicked';
  if (reasons.length === 0 && !burst) return null;
  if (!judged) return <p className="text-meta text-faint">{reasons.map(({ text }) => text).join(' ')}</p>;
  return (
    <details className="group mt-0.5">
      <summary className="inline-flex min-h-11 items-center gap-1 rounded-sm text-meta text-soft hover:text-ink md:min-h-6">
        Why?
        <Icon name="down" size={12} className="transition-transform duration-120 group-open:rotate-180" />
      </summary>
      <p className="mt-1 text-soft">{judgementWords(event)}</p>
      {reasons.length > 0 && <Reasons reasons={reasons} />}
      {burst && <Fetches group={group} />}
    </details>
  );
}

function judgementWords({ actor, confidence }: Event): string {
  if (actor === undefined || actor === 'unknown') return 'Who it was cannot be told.';
  if (confidence === undefined) return `${actorName(actor)}.`;
  return `${actorName(actor)}, ${Math.min(99, Math.round(confidence * 100))} % sure.`;
}

function Fetches({ group }: { group: EventGroup }) {
  return (
    <ol
      className="mt-1 flex max-h-56 flex-col gap-0.5 overflow-y-auto text-meta text-faint"
      tabIndex={0}
      aria-label="Each fetch"
    >
      {group.events.map((each, index) => (
        <li key={`${each.at} ${index}`} className="flex gap-3">
          <Moment at={each.at} wording="clock" />
          <span className="truncate">{fetchedWords(each)}</span>
        </li>
      ))}
    </ol>
  );
}
