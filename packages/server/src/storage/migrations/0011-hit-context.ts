import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What a hit's address is called, where that tells anything; the links that an address followed, to see what else it
 * did; and a recipient's mails by their age, to see by what programs the earlier ones were read.
 */
export function hitContext(): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable('hits').addColumn('host', 'text').execute();
      await sql`create index hits_click_address_index on hits (workspace_id, ip, at) where kind = 'click'`.execute(
        db,
      );
      await db.schema
        .createIndex('deliveries_workspace_id_recipient_created_at_index')
        .on('deliveries')
        .columns(['workspace_id', 'recipient', 'created_at'])
        .execute();
      await db.schema.dropIndex('deliveries_workspace_id_recipient_index').execute();
    },
  };
}
