import type { Event } from '@waybill/sdk';
import { kindOf } from './actor-words.ts';

/** One row of a timeline: an event, or a burst of fetches by one machine that belong together. */
export interface EventGroup {
  /** Oldest first, at least one. */
  events: [Event, ...Event[]];
}

/** A gateway goes through all links of a mail within seconds; longer pauses are new visits. */
const burstGapMs = 60_000;

function belongs(event: Event, group: EventGroup): boolean {
  const last = group.events.at(-1) ?? group.events[0];
  return (
    kindOf(event.actor) === 'machine' &&
    event.actor === last.actor &&
    event.network?.owner === last.network?.owner &&
    Date.parse(event.at) - Date.parse(last.at) <= burstGapMs
  );
}

/** Neighbouring machine events of one burst become one row, so that people's signs stand out. */
export function groupEvents(events: readonly Event[]): EventGroup[] {
  const groups: EventGroup[] = [];
  for (const event of events) {
    const last = groups.at(-1);
    if (last !== undefined && belongs(event, last)) last.events.push(event);
    else groups.push({ events: [event] });
  }
  return groups;
}

/** `6 links and 1 image in 4 s`: what a burst fetched. */
export function burstWords(group: EventGroup, duration: (ms: number) => string): string {
  const clicks = group.events.filter((event) => event.type === 'clicked').length;
  const loads = group.events.length - clicks;
  const count = (number: number, word: string) =>
    number === 0 ? [] : [`${number} ${word}${number === 1 ? '' : 's'}`];
  const last = group.events.at(-1) ?? group.events[0];
  const spanMs = Date.parse(last.at) - Date.parse(group.events[0].at);
  return `${[...count(clicks, 'link'), ...count(loads, 'image')].join(' and ')} in ${duration(spanMs)}`;
}

/** What one fetch was of: an address, or what it is where none is told. */
export function fetchedWords({ type, link, reasons = [] }: Event): string {
  if (link !== undefined) return link;
  if (type !== 'clicked') return 'the image';
  return reasons.some(({ code }) => code === 'invisible-link') ? 'a link that people cannot see' : 'a link';
}
