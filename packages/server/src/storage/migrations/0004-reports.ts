import type { ColumnDataType, Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { EngineName } from '../schema.ts';

/** Return paths of deliveries, and the reports that came. */
export function reports(engine: EngineName): Migration {
  const integer: ColumnDataType = engine === 'sqlite' ? 'integer' : 'bigint';
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('return_paths')
        .addColumn('delivery_id', 'text', (column) => column.notNull().primaryKey())
        .addColumn('workspace_id', integer, (column) => column.notNull())
        .addColumn('message_id', 'text', (column) => column.notNull())
        .addColumn('envelope_from', 'text', (column) => column.notNull())
        .addColumn('envelope_id', 'text')
        .addColumn('notify', 'text')
        .execute();
      await db.schema
        .createIndex('return_paths_workspace_id_envelope_id_index')
        .on('return_paths')
        .columns(['workspace_id', 'envelope_id'])
        .execute();
      await db.schema
        .createTable('reports')
        .addColumn('key', 'text', (column) => column.notNull().primaryKey())
        .addColumn('workspace_id', integer, (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('via', 'text', (column) => column.notNull())
        .addColumn('matched', 'text', (column) => column.notNull())
        .addColumn('parsed', 'text', (column) => column.notNull())
        .addColumn('received_at', integer, (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('reports_workspace_id_received_at_index')
        .on('reports')
        .columns(['workspace_id', 'received_at'])
        .execute();
    },
  };
}
