import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** After how many days a workspace's raw hits are deleted. */
export function hitRetention(): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable('workspaces').addColumn('hit_retention_days', 'bigint').execute();
    },
  };
}
