import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openPostgres } from '../../src/storage/engine.ts';
import { usePostgres } from '../support/postgres.ts';

const postgres = usePostgres();

test('a database server that ends idle connections does not end us', { skip: postgres.skip }, async () => {
  const url = await postgres.createDatabase();
  const [one, other] = [await openPostgres(url), await openPostgres(url)];
  try {
    await sql`select 1`.execute(one.db);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`.execute(
      other.db,
    );
    // The end of the connection arrives as an event of its own.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { rows } = await sql<{ two: number }>`select 2 as two`.execute(one.db);
    assert.deepEqual(rows, [{ two: 2 }]);
  } finally {
    await one.db.destroy();
    await other.db.destroy();
  }
});
