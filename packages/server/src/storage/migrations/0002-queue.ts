import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { EngineName } from '../schema.ts';

/**
 * The queue knows each copy's destination and size without reading its content; and its indexes hold only what waits
 * or is under way, so that the many rows which are done cost nothing.
 */
export function queueDestinations(engine: EngineName): Migration {
  const integer = engine === 'sqlite' ? 'integer' : 'bigint';
  const at = engine === 'sqlite' ? sql`instr(envelope_to, '@')` : sql`strpos(envelope_to, '@')`;
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`alter table queue add column destination text not null default ''`.execute(db);
      await sql`alter table queue add column size_bytes ${sql.raw(integer)} not null default 0`.execute(db);
      await sql`update queue set destination = lower(substr(envelope_to, ${at} + 1)), size_bytes = coalesce(
        (select contents.size_bytes from contents where contents.id = queue.content_id), 0)`.execute(db);
      await sql`drop index queue_state_next_attempt_at_index`.execute(db);
      await sql`create index queue_ready_index on queue (next_attempt_at, id) where state = 'ready'`.execute(
        db,
      );
      await sql`create index queue_under_way_index on queue (state, next_attempt_at)
        where state = 'sending' or state = 'settled'`.execute(db);
    },
  };
}
