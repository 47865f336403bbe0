import { join } from 'node:path';
import { after } from 'node:test';
import { openPostgres, openSqlite, type Engine } from '../../src/storage/engine.ts';
import { KyselyQueueAdminStore } from '../../src/storage/queue-admin-store.ts';
import { KyselyQueuePurgeStore } from '../../src/storage/queue-purge-store.ts';
import { KyselyQueueStore } from '../../src/storage/queue-store.ts';
import { usePostgres } from '../support/postgres.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { testQueueAdmin, type OpenQueueAdmin } from './queue-admin.ts';

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

testQueueAdmin('SQLite', { open: () => emptied(sqlite) });

testQueueAdmin('PostgreSQL', {
  skip: postgres.skip,
  open: async () => {
    opened ??= postgres.createDatabase().then(openPostgres);
    return emptied(await opened);
  },
});

async function emptied(engine: Engine): Promise<OpenQueueAdmin> {
  for (const table of ['queue', 'contents', 'captured'] as const) await engine.db.deleteFrom(table).execute();
  return {
    admin: new KyselyQueueAdminStore(engine),
    queue: new KyselyQueueStore(engine),
    purge: new KyselyQueuePurgeStore(engine),
    captured: async () => (await engine.db.selectFrom('captured').select('id').execute()).map(({ id }) => id),
  };
}
