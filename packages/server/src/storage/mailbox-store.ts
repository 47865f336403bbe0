import { sql, type SqlBool } from 'kysely';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { FolderCursor, MailboxStore, SentCopy, SentCopyEnd } from '../mailboxes/mailboxes.ts';
import { deleteOldest } from './aged-rows.ts';
import { chunks } from './chunks.ts';
import type { Engine } from './engine.ts';

/** What is remembered of mailboxes, on either engine. */
export class KyselyMailboxStore implements MailboxStore {
  readonly #engine: Engine;
  readonly #db: Engine['db'];

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#db = engine.db;
  }

  async cursor(accountId: string, folder: string): Promise<FolderCursor | undefined> {
    const row = await this.#db
      .selectFrom('mailbox_cursors')
      .select(['uid_validity', 'last_uid', 'moved_at'])
      .where('account_id', '=', accountId)
      .where('folder', '=', folder)
      .executeTakeFirst();
    return row && { uidValidity: row.uid_validity, lastUid: row.last_uid, movedAt: row.moved_at };
  }

  async moveCursor(
    workspaceId: WorkspaceId,
    accountId: string,
    folder: string,
    { uidValidity, lastUid, movedAt }: FolderCursor,
  ): Promise<void> {
    const position = {
      workspace_id: workspaceId,
      uid_validity: uidValidity,
      last_uid: lastUid,
      moved_at: movedAt,
    };
    await this.#db
      .insertInto('mailbox_cursors')
      .values({ account_id: accountId, folder, ...position })
      .onConflict((conflict) => conflict.columns(['account_id', 'folder']).doUpdateSet(position))
      .execute();
  }

  async ownMessageIds(workspaceId: WorkspaceId, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const own = new Set<string>();
    for (const part of chunks([...ids])) {
      const rows = await this.#db
        .selectFrom('messages')
        .select('message_id_header')
        .where('workspace_id', '=', workspaceId)
        .where('message_id_header', 'in', part)
        .execute();
      for (const { message_id_header: id } of rows) if (id !== null) own.add(id);
    }
    return own;
  }

  async firstMailAt(workspaceId: WorkspaceId): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('messages')
      .select('created_at')
      .where('workspace_id', '=', workspaceId)
      .orderBy('created_at')
      .limit(1)
      .executeTakeFirst();
    return row?.created_at;
  }

  async dueSentCopies(accountId: string, now: number, limit: number): Promise<SentCopy[]> {
    const rows = await this.#db
      .selectFrom('sent_copies')
      .select(['id', 'workspace_id', 'message_id_header', 'raw', 'accepted_at', 'attempts'])
      .where('account_id', '=', accountId)
      .where('state', '=', 'waiting')
      .where('due_at', '<=', now)
      .orderBy('due_at')
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      id: row.id,
      workspaceId: row.workspace_id as WorkspaceId,
      messageIdHeader: row.message_id_header,
      raw: row.raw ?? new Uint8Array(),
      acceptedAt: row.accepted_at,
      attempts: row.attempts,
    }));
  }

  async nextSentCopyAt(accountId: string): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('sent_copies')
      .select('due_at')
      .where('account_id', '=', accountId)
      .where('state', '=', 'waiting')
      .orderBy('due_at')
      .limit(1)
      .executeTakeFirst();
    return row?.due_at;
  }

  async postponeSentCopy(id: string, until: number, error: string): Promise<void> {
    await this.#db
      .updateTable('sent_copies')
      .set((eb) => ({ due_at: until, last_error: error, attempts: eb('attempts', '+', 1) }))
      .where('id', '=', id)
      .where('state', '=', 'waiting')
      .execute();
  }

  async endSentCopy(id: string, end: SentCopyEnd, at: number, error?: string): Promise<void> {
    await this.#db
      .updateTable('sent_copies')
      .set({ state: end, ended_at: at, last_error: error ?? null, raw: null })
      .where('id', '=', id)
      .where('state', '=', 'waiting')
      .execute();
  }

  forgetSentCopies(endedBefore: number, limit: number): Promise<number> {
    const condition = sql<SqlBool>`ended_at is not null and ended_at < ${endedBefore}`;
    return deleteOldest(this.#engine, 'sent_copies', { age: 'ended_at', condition, limit });
  }

  async forgetCursors(
    kept: readonly { accountId: string; folder: string }[],
    movedBefore: number,
  ): Promise<number> {
    const known = new Set(kept.map(({ accountId, folder }) => JSON.stringify([accountId, folder])));
    const rows = await this.#db
      .selectFrom('mailbox_cursors')
      .select(['account_id', 'folder'])
      .where('moved_at', '<', movedBefore)
      .execute();
    const gone = rows.filter((row) => !known.has(JSON.stringify([row.account_id, row.folder])));
    for (const { account_id: accountId, folder } of gone) {
      await this.#db
        .deleteFrom('mailbox_cursors')
        .where('account_id', '=', accountId)
        .where('folder', '=', folder)
        .execute();
    }
    return gone.length;
  }

  async sentCopyCounts(): Promise<Record<SentCopyEnd | 'waiting', number>> {
    const rows = await this.#db
      .selectFrom('sent_copies')
      .select(['state', (eb) => eb.fn.countAll<number>().as('count')])
      .groupBy('state')
      .execute();
    const counts = { waiting: 0, appended: 0, found: 0, failed: 0 };
    for (const { state, count } of rows) counts[state as keyof typeof counts] = count;
    return counts;
  }
}
