import { join } from 'node:path';
import { after } from 'node:test';
import { openPostgres, openSqlite, type Engine } from '../../src/storage/engine.ts';
import { KyselyMessageStore } from '../../src/storage/message-store.ts';
import { KyselyQueueStore } from '../../src/storage/queue-store.ts';
import { KyselyTimelineStore } from '../../src/storage/timeline-store.ts';
import { usePostgres } from '../support/postgres.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { testQueueStore, type OpenQueueStore } from './queue-store.ts';

const directory = await temporaryDirectory();
const sqlite = await openSqlite(join(directory.path, 'waybill.db'));
let opened: Promise<Engine> | undefined;
// Before `usePostgres`, so that connections are closed before their server.
after(async () => {
  await sqlite.db.destroy();
  await (await opened)?.db.destroy();
  await directory[Symbol.asyncDispose]();
});
const postgres = usePostgres();

testQueueStore('SQLite', { open: () => emptied(sqlite) });

testQueueStore('PostgreSQL', {
  skip: postgres.skip,
  open: async () => {
    opened ??= postgres.createDatabase().then(openPostgres);
    return emptied(await opened);
  },
});

async function emptied(engine: Engine): Promise<OpenQueueStore> {
  const { db } = engine;
  const tables = ['queue', 'contents', 'captured', 'events', 'deliveries', 'messages'] as const;
  for (const table of tables) await db.deleteFrom(table).execute();
  const messages = new KyselyMessageStore(engine);
  const timelines = new KyselyTimelineStore(engine, () => 1_000);
  return {
    store: new KyselyQueueStore(engine),
    accept: (mail) => messages.accept(mail),
    join: (part) =>
      timelines.transact(
        { deliveryIds: [], messageIds: [] },
        () => ({
          hits: [],
          newEvents: [],
          changedEvents: [],
          confirmedEvents: [],
          deliveries: [],
          outbox: [],
          cursors: new Map(),
        }),
        part,
      ),
    contents: async () => (await db.selectFrom('contents').select('id').execute()).length,
    positions: async () =>
      (await db.selectFrom('events').select('position').execute()).map(({ position }) => position),
    captured: () => db.selectFrom('captured').select(['recipient', 'raw', 'workspace_id']).execute(),
  };
}
