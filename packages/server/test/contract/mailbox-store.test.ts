import { join } from 'node:path';
import { after } from 'node:test';
import { openPostgres, openSqlite } from '../../src/storage/engine.ts';
import { usePostgres } from '../support/postgres.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { testMailboxStore } from './mailbox-store.ts';

const directory = await temporaryDirectory();
after(() => directory[Symbol.asyncDispose]());
const postgres = usePostgres();
let databases = 0;

testMailboxStore('SQLite', {
  skip: false,
  open: () => openSqlite(join(directory.path, `${++databases}.db`)),
});

testMailboxStore('PostgreSQL', {
  skip: postgres.skip,
  open: async () => openPostgres(await postgres.createDatabase()),
});
