import { after } from 'node:test';
import { join } from 'node:path';
import { openPostgres, openSqlite } from '../../src/storage/engine.ts';
import { usePostgres } from '../support/postgres.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { testReports } from './reports.ts';

const directory = await temporaryDirectory();
after(() => directory[Symbol.asyncDispose]());
const postgres = usePostgres();
let databases = 0;

testReports('SQLite', {
  skip: false,
  engine: () => openSqlite(join(directory.path, `${++databases}.db`)),
});

testReports('PostgreSQL', {
  skip: postgres.skip,
  engine: async () => openPostgres(await postgres.createDatabase()),
});
