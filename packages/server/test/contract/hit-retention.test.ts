import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { join } from 'node:path';
import { DAY_MS } from '../../src/kernel/clock.ts';
import type { WorkspaceId } from '../../src/kernel/ids.ts';
import { Retention } from '../../src/privacy/privacy.ts';
import { openPostgres, openSqlite, type Engine } from '../../src/storage/engine.ts';
import { StoredPrivacy } from '../../src/storage/privacy-store.ts';
import { usePostgres } from '../support/postgres.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const NOW = Date.UTC(2026, 10, 26);
const [THRIFTY, KEEPER] = [7, 8] as WorkspaceId[];

const directory = await temporaryDirectory();
after(() => directory[Symbol.asyncDispose]());
const postgres = usePostgres();

async function seed({ db }: Engine): Promise<void> {
  for (const [id, days] of [
    [THRIFTY, 90],
    [KEEPER, null],
  ] as const) {
    await db
      .insertInto('workspaces')
      .values({
        id: id as number,
        name: 'A',
        mode: 'full',
        disclosure: 'none',
        address_retention_days: null,
        hit_retention_days: days,
        created_at: 0,
        disabled_at: null,
      })
      .execute();
    const hits = Array.from({ length: 1_300 }, (_, n) => ({
      epoch: 'e',
      seq: (id as number) * 10_000 + n,
      workspace_id: id as number,
      delivery_id: 'd',
      message_id: 'm',
      kind: 'open',
      link_index: null,
      url: null,
      // The last hundred are young enough.
      at: n < 1_200 ? NOW - 91 * DAY_MS : NOW - 89 * DAY_MS,
      method: 'GET',
      ip: null,
      headers: '{}',
      mode: 'full',
    }));
    for (let at = 0; at < hits.length; at += 100) {
      await db
        .insertInto('hits')
        .values(hits.slice(at, at + 100))
        .execute();
    }
  }
}

async function count({ db }: Engine, workspaceId: WorkspaceId | undefined): Promise<number> {
  const rows = await db
    .selectFrom('hits')
    .select('seq')
    .where('workspace_id', '=', workspaceId ?? 0)
    .execute();
  return rows.length;
}

for (const [name, skip, open] of [
  ['SQLite', false, () => openSqlite(join(directory.path, 'hits.db'))],
  ['PostgreSQL', postgres.skip, async () => openPostgres(await postgres.createDatabase())],
] as const) {
  test(
    `${name}: raw hits go when the policy's days are over, slice by slice, and only those`,
    { skip },
    async (t) => {
      const engine = await open();
      t.after(() => engine.db.destroy());
      await seed(engine);
      const store = new StoredPrivacy(engine.db);
      const slices: number[] = [];
      const deleteHits = store.deleteHits.bind(store);
      store.deleteHits = async (range) => {
        const deleted = await deleteHits(range);
        slices.push(deleted);
        return deleted;
      };
      const retention = new Retention({ store, clock: () => NOW });
      await retention.run();
      assert.equal(await count(engine, THRIFTY), 100);
      assert.equal(await count(engine, KEEPER), 1_300);
      assert.deepEqual(slices, [500, 500, 200]);
    },
  );
}
