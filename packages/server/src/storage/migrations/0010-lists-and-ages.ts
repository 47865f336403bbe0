import { sql, type ColumnDataType, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { EngineName } from '../schema.ts';

/** Addresses of recipients that mail has shown to be lists; and what is forgotten one day is found by its age. */
export function listsAndAges(engine: EngineName): Migration {
  const integer: ColumnDataType = engine === 'sqlite' ? 'integer' : 'bigint';
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('shared_addresses')
        .addColumn('workspace_id', integer, (column) => column.notNull())
        .addColumn('address', 'text', (column) => column.notNull())
        .addColumn('because', 'text', (column) => column.notNull())
        .addColumn('seen_at', integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('shared_addresses_pkey', ['workspace_id', 'address'])
        .execute();
      await sql`create index shared_addresses_seen_at_index on shared_addresses (seen_at)`.execute(db);
      await sql`alter table return_paths add column created_at ${sql.raw(integer)} not null default 0`.execute(
        db,
      );
      await sql`update return_paths set created_at =
        coalesce((select created_at from messages where messages.id = return_paths.message_id), 0)`.execute(
        db,
      );
      await sql`create index return_paths_created_at_index on return_paths (created_at)`.execute(db);
      await sql`create index reports_received_at_index on reports (received_at)`.execute(db);
      await sql`create index outbox_ended_index on outbox (created_at) where state <> 'pending'`.execute(db);
      await sql`create index sent_copies_ended_index on sent_copies (ended_at) where ended_at is not null`.execute(
        db,
      );
    },
  };
}
