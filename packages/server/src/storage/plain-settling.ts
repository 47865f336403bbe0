import { sql, type RawBuilder } from 'kysely';
import { SIGHTING_MS } from '../messages/messages.ts';
import type { EngineName } from './schema.ts';

/**
 * Settles deliveries of which nothing more is known than when their verdict was made, without reading them: none of
 * their addresses followed links in another copy within the hour, and none is the sender's. All others are computed
 * again, by `Timeline.settle`; so are those that were marked to be for another reason. No judgement rests on whether a verdict
 * is settled, so the version stays.
 */
export function plainSettling(engine: EngineName, now: number, limit: number): RawBuilder<unknown> {
  // On PostgreSQL others lock deliveries at the same time, in the order of their ids: it waits for none of them.
  const lock = engine === 'postgres' ? sql`for update skip locked` : sql``;
  return sql`update deliveries set verdict_settled = 1, settle_at = null
    where id in (select id from deliveries where settle_at <= ${now} and settles_plainly = 1
      order by settle_at limit ${limit} ${lock})
    and not exists (select 1 from hits as mine
      join hits as others on others.kind = 'click' and others.refetch_of is null
        and others.workspace_id = mine.workspace_id and others.ip = mine.ip
        and others.at >= mine.at - ${SIGHTING_MS} and others.at <= mine.at + ${SIGHTING_MS}
        and others.delivery_id <> mine.delivery_id
      where mine.delivery_id = deliveries.id and mine.kind = 'click' and mine.refetch_of is null)
    and not exists (select 1 from hits as mine
      join sender_addresses as senders on senders.workspace_id = mine.workspace_id and senders.ip = mine.ip
      where mine.delivery_id = deliveries.id and mine.refetch_of is null
        and senders.ip not in ('127.0.0.1', '::1'))`;
}

/** Marks those of the same deliveries that were not settled by it: they are not looked at again until they are computed. */
export function notPlain(engine: EngineName, now: number, limit: number): RawBuilder<unknown> {
  const lock = engine === 'postgres' ? sql`for update skip locked` : sql``;
  return sql`update deliveries set settles_plainly = 0
    where id in (select id from deliveries where settle_at <= ${now} and settles_plainly = 1
      order by settle_at limit ${limit} ${lock})`;
}
