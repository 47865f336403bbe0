import { join } from 'node:path';
import { after } from 'node:test';
import { openPostgres, openSqlite, type Engine } from '../../src/storage/engine.ts';
import { openNotifyStore } from '../support/notify-database.ts';
import { usePostgres } from '../support/postgres.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { testNotifyStore } from './notify-store.ts';

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

testNotifyStore('SQLite', { open: () => openNotifyStore(sqlite) });

testNotifyStore('PostgreSQL', {
  skip: postgres.skip,
  open: async () => {
    opened ??= postgres.createDatabase().then(openPostgres);
    return openNotifyStore(await opened);
  },
});
