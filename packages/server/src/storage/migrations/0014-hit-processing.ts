import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { EngineName } from '../schema.ts';

/**
 * What makes it cheap to put hits on timelines: a number that tells whether a delivery is still what was read, a mark on
 * verdicts that only wait for their hold, and indexes of nothing that no query needs. And what merges identical requests:
 * whose repetition a hit is, and for how many an event stands.
 */
export function hitProcessing(engine: EngineName): Migration {
  const integer = sql.raw(engine === 'sqlite' ? 'integer' : 'bigint');
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`alter table deliveries add column version ${integer} not null default 0`.execute(db);
      await sql`alter table deliveries add column settles_plainly ${integer} not null default 0`.execute(db);
      await sql`alter table hits add column refetch_of text`.execute(db);
      await sql`alter table events add column requests ${integer} not null default 1`.execute(db);
      await sql`drop index hits_message_id_index`.execute(db);
      await sql`drop index hits_delivery_id_at_index`.execute(db);
      await sql`create index hits_delivery_id_at_index on hits (delivery_id, at) where refetch_of is null`.execute(
        db,
      );
      await sql`create index hits_refetch_of_index on hits (refetch_of) where refetch_of is not null`.execute(
        db,
      );
      await sql`drop index hits_click_address_index`.execute(db);
      await sql`create index hits_click_address_index on hits (workspace_id, ip, at)
        where kind = 'click' and refetch_of is null`.execute(db);
      await sql`drop index events_message_id_at_index`.execute(db);
      await sql`create index events_counted_index on events (message_id, type) where delivery_id is null`.execute(
        db,
      );
      // Most verdicts are settled: an index of those that are not is small, and costs the others nothing.
      await sql`drop index deliveries_settle_at_index`.execute(db);
      await sql`create index deliveries_settle_at_index on deliveries (settle_at) where settle_at is not null`.execute(
        db,
      );
    },
  };
}
