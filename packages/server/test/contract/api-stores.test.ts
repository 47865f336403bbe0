import { openPostgres, openSqlite } from '../../src/storage/engine.ts';
import { after } from 'node:test';
import { join } from 'node:path';
import { usePostgres } from '../support/postgres.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { testApiStores } from './api-stores.ts';

const directory = await temporaryDirectory();
after(() => directory[Symbol.asyncDispose]());
const postgres = usePostgres();
let databases = 0;

testApiStores('SQLite', { open: () => openSqlite(join(directory.path, `${(databases += 1)}.db`)) });

testApiStores('PostgreSQL', {
  skip: postgres.skip,
  open: async () => openPostgres(await postgres.createDatabase()),
});
