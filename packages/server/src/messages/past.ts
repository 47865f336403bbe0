import type { Network } from '@waybill/sdk';
import { isTrap } from '../tracking/tracking.ts';
import {
  AFTER_MEETING_MS,
  isCalm,
  lastMeeting,
  MEETING_MS,
  PACE_LINKS,
  PACE_MS,
  readersOpening,
  RULES_VERSION,
  type Click,
  type Lookup,
  type Opening,
} from '../truth/truth.ts';
import { fewEvents, NEWEST_EVENTS } from './few-events.ts';
import { observe } from './observe.ts';
import { hitSource } from './hit-source.ts';
import type { DeliveryRecord, NewRequest, Past, Rest, StoredHit } from './timeline-store.ts';

/**
 * Most hits are judged without a look at those before them. What has been hit often is therefore remembered by what new hits
 * need of it, which does not become more with each of them.
 */

/** Of so few hits nothing needs to stand for the others. */
const FEW_HITS = 6;
/** No more hits than events are looked at one by one. */
const MOST_RECENT = NEWEST_EVENTS;
/** Of the older events of hits, one stands for all of its kind. */
const FEW_EVENTS = 2;
/** Hits of several listeners come a little out of their order, ms. */
const OUT_OF_ORDER_MS = 2_000;
/** Where the mail was opened from more addresses than these, clicks are judged with all hits. */
const MOST_OPENINGS = 8;

/**
 * Whether none of the new hits says anything of another, or another of it, but that the mail was opened before. If so, they are
 * judged with what {@link openingsOf} gives and nothing else, and no other judgement changes. If they are alone, some of them are.
 *
 * What is known by now of the senders and of other copies is no reason to judge older hits again: that is seen to when the
 * delivery's verdict is settled.
 */
export function areAlone(
  record: Pick<DeliveryRecord, 'hits' | 'events' | 'past'>,
  newHits: readonly NewRequest[],
): boolean {
  if (!newHits.every(isCalmHit) || !isCalmRecord(record)) return false;
  const { hits, past } = record;
  const first = newHits.reduce((least, { at }) => Math.min(least, at), Infinity);
  const hasClick = newHits.some(({ kind }) => kind === 'click');
  if (past !== undefined && !isEnough(past, first, hasClick)) return false;
  const isBehindClick = hits.some(({ kind, at }) => kind === 'click' && at >= first);
  // An opening says something of clicks behind it.
  if (isBehindClick && newHits.some(({ kind }) => kind === 'open')) return false;
  const clicks = clicksOf(hits, first - MEETING_MS - AFTER_MEETING_MS);
  if (hasClick) clicks.push(...clicksOf(newHits, 0));
  if (clicks.length > 1 && lastMeeting(clicks.sort(byTime)) > first - AFTER_MEETING_MS - 1) return false;
  return (
    !hasClick || linksSince(first - PACE_MS, past?.links ?? [], [...hits, ...newHits]).length < PACE_LINKS
  );
}

/** Whether it says all that hits from that time on need to know. */
function isEnough({ since, metAt, openings }: Past, first: number, hasClick: boolean): boolean {
  return (
    first - MEETING_MS >= since && first > metAt + AFTER_MEETING_MS && (openings !== undefined || !hasClick)
  );
}

/** Links that were followed, and when last. */
function linksSince(time: number, known: Past['links'], hits: readonly NewRequest[]): [number, number][] {
  const links = new Map(known);
  for (const { kind, linkIndex = -1, at } of hits)
    if (kind === 'click') links.set(linkIndex, Math.max(at, links.get(linkIndex) ?? 0));
  return [...links].filter(([, at]) => at >= time);
}

function clicksOf(hits: readonly NewRequest[], since: number): Click[] {
  const clicks: Click[] = [];
  for (const hit of hits) if (hit.kind === 'click' && hit.at >= since) clicks.push(toClick(hit));
  return clicks;
}

function byTime(a: { at: number }, b: { at: number }): number {
  return a.at - b.at;
}

function toClick({ at, linkIndex, ip, headers }: NewRequest): Click {
  return {
    at,
    userAgent: headers['user-agent'] ?? '',
    ...(linkIndex === undefined ? {} : { linkIndex }),
    ...(ip === undefined ? {} : { ip }),
  };
}

function isCalmHit(hit: NewRequest): boolean {
  return (hit.isCalm ??= isCalm({
    method: hit.method,
    userAgent: hit.headers['user-agent'] ?? '',
    honeypot: isTrap(hit),
  }));
}

function isCalmRecord({ hits, events, past }: Pick<DeliveryRecord, 'hits' | 'events' | 'past'>): boolean {
  // Nothing is left out of another one.
  if (past !== undefined) return true;
  return (
    hits.every(isCalmHit) &&
    !events.some(
      ({ type, source, rulesVersion }) =>
        type === 'replied' || (rulesVersion !== RULES_VERSION && source.startsWith('hit:')),
    )
  );
}

/** Openings that speak for later clicks, oldest first; undefined when they are too many to be remembered. */
export function openingsOf(record: DeliveryRecord, lookup: Lookup): readonly Opening[] | undefined {
  const { past } = record;
  if (past !== undefined && past.openings === undefined) return undefined;
  const openings = [...(past?.openings ?? [])];
  for (const hit of record.hits) {
    if (hit.kind !== 'open') continue;
    const opening = (hit.opening ??=
      readersOpening(observe(hit, record, NOBODY, {}), () => networkOf(hit, record, lookup)) ?? null);
    if (opening !== null && !openings.includes(opening)) openings.push(opening);
  }
  return openings.sort((a, b) => a.time - b.time);
}

const NOBODY: ReadonlySet<string> = new Set();

/** Its event says so, if it is at hand. */
function networkOf(hit: StoredHit, { events }: DeliveryRecord, lookup: Lookup): Network {
  const event = events.findLast(({ at, source }) => at === hit.at && source === hitSource(hit));
  return event?.network ?? (hit.ip === undefined ? { kind: 'unknown' } : lookup.network(hit.ip));
}

/**
 * What has to be known of a delivery when new hits come, if that is less than what is at hand.
 * @param record with all that is known by now
 */
export function restOf(record: DeliveryRecord, lookup: Lookup): Rest | undefined {
  const { hits, events, past } = record;
  if (past === undefined ? hits.length <= FEW_HITS || !isCalmRecord(record) : !hits.every(isCalmHit))
    return undefined;
  const newest = hits.reduce((last, { at }) => Math.max(last, at), past?.since ?? 0);
  const since = Math.max(past?.since ?? 0, newest - MEETING_MS - OUT_OF_ORDER_MS);
  const recent = hits.filter(({ at }) => at >= since);
  // In a flood those that the rules compare are all that is looked at.
  if (recent.length > MOST_RECENT || (past === undefined && recent.length === hits.length)) return undefined;
  const metAt = past?.metAt ?? lastMeeting(clicksOf(hits, 0).sort(byTime));
  const links = linksSince(since - PACE_MS, past?.links ?? [], hits);
  // What comes next is judged with them all.
  if (metAt + AFTER_MEETING_MS >= newest || links.length >= PACE_LINKS) return undefined;
  return {
    hits: recent,
    events: events.length > 3 * FEW_EVENTS ? fewEvents(events, FEW_EVENTS) : events,
    past: { since, links, metAt, openings: firstOfEach(openingsOf(record, lookup)) },
  };
}

/** The first from each address. */
function firstOfEach(openings: readonly Opening[] | undefined): readonly Opening[] | undefined {
  if (openings === undefined) return undefined;
  const first = new Map<string | undefined, Opening>();
  for (const opening of openings) if (!first.has(opening.ip)) first.set(opening.ip, opening);
  return first.size > MOST_OPENINGS ? undefined : [...first.values()];
}
