import type { WorkspaceId } from '../../src/kernel/ids.ts';
import type { Engine } from '../../src/storage/engine.ts';
import { KyselyNotifyStore } from '../../src/storage/notify-store.ts';
import { notificationOf, type OpenNotifyStore } from '../contract/notify-store.ts';

/** The store of an engine, emptied, with a way to write outbox rows as the timeline's transaction does. */
export async function openNotifyStore(engine: Engine): Promise<OpenNotifyStore> {
  const { db } = engine;
  for (const table of ['outbox', 'rules', 'channels'] as const) await db.deleteFrom(table).execute();
  return {
    store: new KyselyNotifyStore(engine),
    enqueue: async ({ id, channelId, at, workspaceId = 1 as WorkspaceId }) => {
      await db
        .insertInto('outbox')
        .values({
          id,
          workspace_id: workspaceId,
          channel_id: channelId,
          idempotency_key: `key:${id}`,
          payload: JSON.stringify(notificationOf(workspaceId)),
          state: 'pending',
          attempts: 0,
          next_attempt_at: at,
          last_error: null,
          created_at: at,
          sent_at: null,
        })
        .execute();
    },
    outbox: (id) => db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirst(),
  };
}
