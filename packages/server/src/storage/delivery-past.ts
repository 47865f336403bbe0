import type { DeliveryId } from '../kernel/ids.ts';
import { fewEvents, type Past, type StoredEvent, type TimelineWork } from '../messages/messages.ts';
import { RULES_VERSION } from '../truth/truth.ts';
import type { SeenDelivery, WrittenPast } from './seen-delivery.ts';
import type { Statement } from './statements.ts';
import { EVENT_COLUMNS, HIT_COLUMNS } from './timeline-rows.ts';

/**
 * What stands for the older hits of a delivery is written down now and then, so that a delivery that is not remembered
 * can be read without all of them. It is true of the hits and events up to a moment; what came since is read beside it.
 * Whatever else changes a delivery deletes it.
 */

/** So many events may be read beside it; then it is written anew. */
const MOST_BESIDE = 8;

/** Of a delivery's row. */
interface Row {
  past: string | null;
  past_at: number | null;
}

interface Text extends Pick<Past, 'links' | 'metAt'> {
  rules: number;
  openings: Past['openings'] | null;
  events: StoredEvent[];
}

/** Of deliveries with a written past the time from which on their hits are needed, ms; all hits of the others are. */
export type Needed = ReadonlyMap<DeliveryId, number>;

/** The hits that are needed, and what came since the past was written. */
export function besidePast(deliveryIds: readonly DeliveryId[], needed: Needed | undefined): Statement[] {
  const pairs = deliveryIds.map((id) => [id, needed?.get(id) ?? 0]);
  const rows = needed === undefined || pairs.length === 0 ? [] : [[JSON.stringify(pairs)]];
  const deliveries = `from json_each(?) as ids
    cross join deliveries on deliveries.id = ids.value ->> 0 and deliveries.past is not null`;
  return [
    {
      sql: `select ${HIT_COLUMNS.map((column) => `hits.${column}`).join(', ')} ${deliveries}
        cross join hits on hits.delivery_id = deliveries.id and hits.at >= min(ids.value ->> 1, deliveries.past_at + 1)
          and hits.refetch_of is null`,
      rows,
    },
    {
      sql: `select ${EVENT_COLUMNS.map((column) => `events.${column}`).join(', ')}, events.position ${deliveries}
        cross join events on events.delivery_id = deliveries.id and events.at > deliveries.past_at
          and events.source like 'hit:%'`,
      rows,
    },
  ];
}

/** A delivery with what is written of it, if that was read for it. */
export function withPast(delivery: SeenDelivery, row: Row, needed: Needed | undefined): SeenDelivery {
  if (row.past === null) return delivery;
  // All of it was read; what is written is not up to that.
  if (needed === undefined) return { ...delivery, written: { at: Infinity, since: 0 } };
  return { ...delivery, ...readPast(row, delivery.events, needed.get(delivery.id) ?? 0) };
}

/**
 * @param read the events since
 * @param needed hits from then on are read, and all since it was written
 */
function readPast(
  { past, past_at: pastAt }: Row,
  read: readonly StoredEvent[],
  needed: number,
): { past: Past; events: StoredEvent[]; written: WrittenPast } {
  const { rules, openings, links, metAt, events } = JSON.parse(past ?? '{}') as Text;
  const at = pastAt ?? 0;
  const written = { at, since: read.length };
  // Under other rules it says nothing that would do for any hit.
  const since = rules === RULES_VERSION ? Math.min(needed, at + 1) : Infinity;
  return {
    past: { since, links, metAt, openings: openings ?? undefined },
    events: [...events, ...read],
    written,
  };
}

/** Sets or deletes what is written of the deliveries of this work, where that is needed. Notes it on those that were seen. */
export function writePasts(work: TimelineWork, seen: ReadonlyMap<DeliveryId, SeenDelivery>): Statement {
  const newEvents = Map.groupBy(work.newEvents, ({ deliveryId }) => deliveryId);
  const rows: unknown[][] = [];
  for (const { id, rest } of work.deliveries) {
    const delivery = seen.get(id);
    if (delivery === undefined) continue;
    const { written } = delivery;
    if (rest === undefined) {
      if (written !== undefined) rows.push([null, null, id]);
      delete delivery.written;
      continue;
    }
    const times = (newEvents.get(id) ?? []).map(({ event }) => event.at);
    const doesHold =
      written !== undefined &&
      written.since + times.length <= MOST_BESIDE &&
      times.every((at) => at > written.at);
    if (doesHold) {
      written.since += times.length;
      continue;
    }
    const at = rest.events.reduce((last, event) => Math.max(last, event.at, event.alike?.lastAt ?? 0), 0);
    const { openings = null, links, metAt } = rest.past;
    const text: Text = { rules: RULES_VERSION, openings, links, metAt, events: fewEvents(rest.events, 0) };
    rows.push([JSON.stringify(text), at, id]);
    delivery.written = { at, since: 0 };
  }
  return { sql: 'update deliveries set past = ?, past_at = ? where id = ?', rows };
}
