import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openPostgres, openSqlite } from '../../src/storage/engine.ts';
import { insertion, transact } from '../../src/storage/statements.ts';
import { usePostgres } from '../support/postgres.ts';
import { eventually } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const postgres = usePostgres();

test('a database server that ends idle connections does not end us', { skip: postgres.skip }, async () => {
  const url = await postgres.createDatabase();
  const [one, other] = [await openPostgres(url), await openPostgres(url)];
  try {
    await sql`select 1`.execute(one.db);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`.execute(
      other.db,
    );
    // The end of the connection arrives as an event of its own; until then a query may still be given to it.
    const { rows } = await eventually('it asks again', () =>
      sql<{ two: number }>`select 2 as two`.execute(one.db),
    );
    assert.deepEqual(rows, [{ two: 2 }]);
  } finally {
    await one.db.destroy();
    await other.db.destroy();
  }
});

test('SQLite: writes that share a commit do not share a failure', async () => {
  await using directory = await temporaryDirectory();
  const engine = await openSqlite(join(directory.path, 'waybill.db'));
  try {
    const write = (name: string, index: number) =>
      transact(engine.db, [
        insertion('settings', [{ name: `${name} ${index}`, value: '1' }]),
        insertion('settings', [{ name, value: '2' }]),
      ]);
    const names = ['a', 'b', 'a', 'c', 'b', 'd'];
    const results = await Promise.allSettled(names.map(write));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
    );
    const rows = await engine.db.selectFrom('settings').select('name').orderBy('name').execute();
    assert.deepEqual(
      rows.map(({ name }) => name),
      ['a', 'a 0', 'b', 'b 1', 'c', 'c 3', 'd', 'd 5'],
    );
  } finally {
    await engine.db.destroy();
  }
});

test('SQLite: a transaction in several steps sees nothing of what waits behind it', async () => {
  await using directory = await temporaryDirectory();
  const engine = await openSqlite(join(directory.path, 'waybill.db'));
  try {
    const steps = engine.db.transaction().execute(async (tx) => {
      const count = async () => (await tx.selectFrom('settings').select('name').execute()).length;
      const before = await count();
      await tx.insertInto('settings').values({ name: 'own', value: '' }).execute();
      await new Promise((resolve) => setTimeout(resolve, 20));
      return (await count()) - before;
    });
    const others = ['x', 'y', 'z'].map((name) =>
      transact(engine.db, [insertion('settings', [{ name, value: '' }])]),
    );
    assert.equal(await steps, 1);
    await Promise.all(others);
    assert.equal((await engine.db.selectFrom('settings').select('name').execute()).length, 4);
  } finally {
    await engine.db.destroy();
  }
});
