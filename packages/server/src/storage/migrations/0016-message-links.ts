import { sql, type ColumnDataType, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { EngineName } from '../schema.ts';

/** All links of a message are one row: they are written together, and read together. */
export function messageLinks(engine: EngineName): Migration {
  const integer: ColumnDataType = engine === 'sqlite' ? 'integer' : 'bigint';
  const list =
    engine === 'sqlite'
      ? sql`json_group_array(json_array(link_index, url))`
      : sql`json_agg(json_build_array(link_index, url) order by link_index)::text`;
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('message_links')
        .addColumn('message_id', 'text', (column) => column.primaryKey())
        .addColumn('workspace_id', integer, (column) => column.notNull())
        .addColumn('link_count', integer, (column) => column.notNull())
        .addColumn('links', 'text', (column) => column.notNull())
        .execute();
      await sql`insert into message_links (message_id, workspace_id, link_count, links)
        select message_id, min(workspace_id), count(*), ${list}
        from (select * from links order by message_id, link_index) as each_link group by message_id`.execute(
        db,
      );
      await db.schema.dropTable('links').execute();
    },
  };
}
