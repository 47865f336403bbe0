import type {
  Delivery,
  Event,
  EventType,
  Message,
  Mode,
  ReadInterval,
  StreamEvent,
  VerdictState,
} from '@waybill/sdk';
import type { Selectable } from 'kysely';
import { toIso } from '../kernel/clock.ts';
import type { LinksLeft } from '../messages/messages.ts';
import { reasonOfLinkLeft } from '../relay/relay.ts';
import { readInterval } from '../truth/truth.ts';
import type { Database } from './schema.ts';

/** Rows → wire types: times become ISO 8601, JSON text becomes values, absent facts are omitted. */

type EventRow = Pick<
  Selectable<Database['events']>,
  | 'at'
  | 'type'
  | 'actor'
  | 'confidence'
  | 'reasons'
  | 'place'
  | 'client'
  | 'network'
  | 'ip'
  | 'link'
  | 'requests'
  | 'position'
>;

export const EVENT_COLUMNS = [
  'events.at',
  'events.type',
  'events.actor',
  'events.confidence',
  'events.reasons',
  'events.place',
  'events.client',
  'events.network',
  'events.ip',
  'events.link',
  'events.requests',
  'events.position',
] as const;

export function eventOfRow(row: EventRow): Event {
  return {
    at: toIso(row.at),
    type: row.type as EventType,
    ...(row.actor === null ? {} : { actor: row.actor as NonNullable<Event['actor']> }),
    ...(row.confidence === null ? {} : { confidence: row.confidence }),
    ...(row.reasons === null ? {} : { reasons: json(row.reasons) as NonNullable<Event['reasons']> }),
    ...(row.place === null ? {} : { place: json(row.place) as NonNullable<Event['place']> }),
    ...(row.client === null ? {} : { client: json(row.client) as NonNullable<Event['client']> }),
    ...(row.network === null ? {} : { network: json(row.network) as NonNullable<Event['network']> }),
    ...(row.ip === null ? {} : { ip: row.ip }),
    ...(row.link === null ? {} : { link: row.link }),
    ...(row.requests === 1 ? {} : { requests: row.requests }),
  };
}

type VerdictRow = Pick<
  Selectable<Database['deliveries']>,
  'verdict_state' | 'verdict_confidence' | 'verdict_reasons' | 'verdict_settled'
>;

export const VERDICT_COLUMNS = [
  'deliveries.verdict_state',
  'deliveries.verdict_confidence',
  'deliveries.verdict_reasons',
  'deliveries.verdict_settled',
] as const;

export function verdictOfRow(row: VerdictRow): Delivery['verdict'] {
  return {
    state: row.verdict_state as VerdictState,
    confidence: row.verdict_confidence,
    reasons: json(row.verdict_reasons) as Delivery['verdict']['reasons'],
    settled: row.verdict_settled !== 0,
  };
}

type DeliveryRow = VerdictRow &
  Pick<Selectable<Database['deliveries']>, 'tracking_number' | 'recipient' | 'pixel_url' | 'untouched_text'>;

export function deliveryOfRow(row: DeliveryRow): Delivery {
  return {
    trackingNumber: row.tracking_number,
    recipient: row.recipient,
    pixelUrl: row.pixel_url,
    ...(row.untouched_text === null ? {} : { untouchedBecause: row.untouched_text }),
    verdict: verdictOfRow(row),
  };
}

/** Of copies that are listed one by one. */
export function readOf(
  deliveries: readonly { verdict: Delivery['verdict']; untouchedBecause?: string }[],
): ReadInterval {
  return readInterval(
    deliveries.map(({ verdict: { state, confidence }, untouchedBecause }) => ({
      state,
      confidence,
      untouched: untouchedBecause !== undefined,
      count: 1,
    })),
  );
}

export function streamEventOfRow(
  row: EventRow &
    VerdictRow & { tracking_number: string; message_id: string; subject: string; recipient: string },
): StreamEvent {
  return {
    ...eventOfRow(row),
    position: String(row.position),
    trackingNumber: row.tracking_number,
    messageId: row.message_id,
    subject: row.subject,
    recipient: row.recipient,
    verdict: verdictOfRow(row),
  };
}

export function timeOrNull(timeMs: number | null): string | null {
  return timeMs === null ? null : toIso(timeMs);
}

export function modeOf(text: string): Mode {
  return text as Mode;
}

const PEOPLE: ReadonlySet<string | null> = new Set(['human', 'human-via-proxy']);
const MACHINES: ReadonlySet<string | null> = new Set(['prefetch', 'scanner', 'preview-bot', 'automation']);

/** The sender's own and unknown hits count as neither. */
export function countActors(rows: readonly { actor: string | null; count: number }[]): {
  people: number;
  machines: number;
} {
  const total = (actors: ReadonlySet<string | null>) =>
    rows.reduce((sum, row) => (actors.has(row.actor) ? sum + row.count : sum), 0);
  return { people: total(PEOPLE), machines: total(MACHINES) };
}

export function json(text: string): unknown {
  return JSON.parse(text);
}

/** @param text of `messages.links_left` */
export function linksLeftOf(text: string | null): Pick<Message, 'untouchedLinks' | 'untouchedLinkCounts'> {
  if (text === null) return {};
  const { first, counts } = json(text) as LinksLeft;
  return {
    untouchedLinks: first.map(([code, url]) => ({ url, reason: reasonOfLinkLeft(code) })),
    untouchedLinkCounts: counts.map(([code, count]) => ({ reason: reasonOfLinkLeft(code), count })),
  };
}
