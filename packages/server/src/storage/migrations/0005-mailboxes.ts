import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { EngineName } from '../schema.ts';

/** How far senders' mailboxes were read, and the copies of sent mail that belong into them. */
export function mailboxes(engine: EngineName): Migration {
  const int = engine === 'postgres' ? 'bigint' : 'integer';
  const bytes = engine === 'postgres' ? 'bytea' : 'blob';
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('mailbox_cursors')
        .addColumn('account_id', 'text', (c) => c.notNull())
        .addColumn('folder', 'text', (c) => c.notNull())
        .addColumn('workspace_id', int, (c) => c.notNull())
        .addColumn('uid_validity', int, (c) => c.notNull())
        .addColumn('last_uid', int, (c) => c.notNull())
        .addColumn('moved_at', int, (c) => c.notNull())
        .addPrimaryKeyConstraint('mailbox_cursors_pk', ['account_id', 'folder'])
        .execute();
      await db.schema
        .createTable('sent_copies')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('workspace_id', int, (c) => c.notNull())
        .addColumn('message_id', 'text', (c) => c.notNull())
        .addColumn('account_id', 'text', (c) => c.notNull())
        .addColumn('message_id_header', 'text', (c) => c.notNull())
        .addColumn('raw', bytes)
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('attempts', int, (c) => c.notNull())
        .addColumn('due_at', int, (c) => c.notNull())
        .addColumn('last_error', 'text')
        .addColumn('accepted_at', int, (c) => c.notNull())
        .addColumn('ended_at', int)
        .execute();
      await db.schema
        .createIndex('sent_copies_account_id_state_due_at_index')
        .on('sent_copies')
        .columns(['account_id', 'state', 'due_at'])
        .execute();
    },
  };
}
