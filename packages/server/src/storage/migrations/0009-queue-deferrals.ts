import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { EngineName } from '../schema.ts';

/**
 * A copy's pauses grow with its own failures and not with the smarthost's; and what expires while nothing is tried is
 * found by when it does.
 */
export function queueDeferrals(engine: EngineName): Migration {
  const integer = engine === 'sqlite' ? 'integer' : 'bigint';
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`alter table queue add column deferrals ${sql.raw(integer)} not null default 0`.execute(db);
      await sql`update queue set deferrals = attempts where state = 'ready' or state = 'settled'`.execute(db);
      await sql`create index queue_expiry_index on queue (expires_at) where state = 'ready'`.execute(db);
    },
  };
}
