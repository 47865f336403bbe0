import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { EngineName } from '../schema.ts';

/** What new hits need to know of a delivery's older ones, so that not all of these are read for each. */
export function pastOfDeliveries(engine: EngineName): Migration {
  const integer = sql.raw(engine === 'sqlite' ? 'integer' : 'bigint');
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`alter table deliveries add column past text`.execute(db);
      await sql`alter table deliveries add column past_at ${integer}`.execute(db);
    },
  };
}
