import type { ColumnDataType, Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { EngineName } from '../schema.ts';

/** Addresses of recipients that mail has shown to be lists. */
export function sharedAddresses(engine: EngineName): Migration {
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
    },
  };
}
