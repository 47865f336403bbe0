import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Verdicts that are to be computed again are found among many more that are not: of these there may be a whole mailing's at
 * one time.
 */
export function settledAnew(): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`create index deliveries_settled_anew_index on deliveries (settle_at)
        where settles_plainly = 0 and settle_at is not null`.execute(db);
    },
  };
}
