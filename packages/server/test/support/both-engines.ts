import { join } from 'node:path';
import { after } from 'node:test';
import { openPostgres, openSqlite, type Engine } from '../../src/storage/engine.ts';
import { usePostgres } from './postgres.ts';
import { temporaryDirectory } from './temp-dir.ts';

/** What a contract runs on; `skip` is for `test`, and says why there is no such engine here. */
export interface EngineUnderTest {
  name: 'SQLite' | 'PostgreSQL';
  skip: string | false;
  open(): Promise<Engine>;
}

/** One database of each engine for a whole test file, whose tests empty the tables that they use. */
export async function bothEngines(): Promise<EngineUnderTest[]> {
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
  return [
    { name: 'SQLite', skip: false, open: async () => sqlite },
    {
      name: 'PostgreSQL',
      skip: postgres.skip,
      open: () => (opened ??= postgres.createDatabase().then(openPostgres)),
    },
  ];
}

/** An empty database of either engine for each test, which ends it. */
export async function freshDatabases(): Promise<EngineUnderTest[]> {
  const directory = await temporaryDirectory();
  after(() => directory[Symbol.asyncDispose]());
  const postgres = usePostgres();
  let count = 0;
  return [
    { name: 'SQLite', skip: false, open: () => openSqlite(join(directory.path, `${(count += 1)}.db`)) },
    {
      name: 'PostgreSQL',
      skip: postgres.skip,
      open: async () => openPostgres(await postgres.createDatabase()),
    },
  ];
}
