import { sql, type SqlBool } from 'kysely';
import type { IdempotencyEntry, IdempotencyStore } from '../api/api.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import { deleteOldest } from './aged-rows.ts';
import type { Engine } from './engine.ts';

/** Status of a key whose request has no answer yet; the column `response` names its owner then. */
const RUNNING = 0;

export class StoredIdempotency implements IdempotencyStore {
  readonly #engine: Engine;
  readonly #db: Engine['db'];

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#db = engine.db;
  }

  async claim(
    workspaceId: WorkspaceId,
    key: string,
    entry: IdempotencyEntry,
  ): Promise<IdempotencyEntry | undefined> {
    const inserted = await this.#db
      .insertInto('idempotency_keys')
      .values({
        workspace_id: workspaceId,
        key,
        request_hash: entry.requestHash,
        status: RUNNING,
        response: entry.owner,
        created_at: entry.createdAt,
      })
      .onConflict((conflict) => conflict.columns(['workspace_id', 'key']).doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows === 1n) return undefined;
    const row = await this.#db
      .selectFrom('idempotency_keys')
      .selectAll()
      .where('workspace_id', '=', workspaceId)
      .where('key', '=', key)
      .executeTakeFirst();
    // Released between the two statements: then it is free again.
    if (row === undefined) return this.claim(workspaceId, key, entry);
    return {
      requestHash: row.request_hash,
      createdAt: row.created_at,
      owner: row.response,
      ...(row.status === RUNNING ? {} : { answer: { status: row.status, body: row.response } }),
    };
  }

  async takeOver(workspaceId: WorkspaceId, key: string, from: string, to: string): Promise<boolean> {
    const result = await this.#db
      .updateTable('idempotency_keys')
      .set({ response: to })
      .where('workspace_id', '=', workspaceId)
      .where('key', '=', key)
      .where('status', '=', RUNNING)
      .where('response', '=', from)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  }

  async answer(
    workspaceId: WorkspaceId,
    key: string,
    answer: { status: number; body: string },
  ): Promise<void> {
    await this.#db
      .updateTable('idempotency_keys')
      .set({ status: answer.status, response: answer.body })
      .where('workspace_id', '=', workspaceId)
      .where('key', '=', key)
      .execute();
  }

  async release(workspaceId: WorkspaceId, key: string): Promise<void> {
    await this.#db
      .deleteFrom('idempotency_keys')
      .where('workspace_id', '=', workspaceId)
      .where('key', '=', key)
      .where('status', '=', RUNNING)
      .execute();
  }

  deleteBefore(time: number, limit: number): Promise<number> {
    const condition = sql<SqlBool>`created_at < ${time}`;
    return deleteOldest(this.#engine, 'idempotency_keys', { age: 'created_at', condition, limit });
  }
}
