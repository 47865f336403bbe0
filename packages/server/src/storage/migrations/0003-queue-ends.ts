import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What has ended is found by when it did: for the purge, and what failed for its operator. */
export function queueEnds(): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`create index queue_done_index on queue (finished_at) where state = 'done'`.execute(db);
      await sql`create index queue_failed_index on queue (workspace_id, created_at)
        where state = 'done' and last_error is not null`.execute(db);
      await sql`create index captured_at_index on captured (captured_at)`.execute(db);
    },
  };
}
