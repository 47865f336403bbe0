import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/kernel/clock.ts';
import { openSqlite } from '../../src/storage/engine.ts';
import { KyselyTimelineStore } from '../../src/storage/timeline-store.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

// What is behind such a cursor is removed from the hit log: with a database that lost it there would be no second copy.
test('a cursor that is said to be durable was taken to the disk after it was read, and not only written', async () => {
  await using directory = await temporaryDirectory();
  const begun = Promise.withResolvers<void>();
  const disk = Promise.withResolvers<void>();
  const engine = await openSqlite(join(directory.path, 'waybill.db'), async () => {
    begun.resolve();
    await disk.promise;
  });
  try {
    const store = new KyselyTimelineStore(engine, systemClock);
    await engine.db.insertInto('cursors').values({ epoch: 'a', seq: 5 }).execute();
    let isSaid = false;
    const asked = store.durableCursors().then((cursors) => {
      isSaid = true;
      return cursors;
    });
    await Promise.race([begun.promise, asked]);
    await engine.db.updateTable('cursors').set({ seq: 9 }).execute();
    assert.equal(isSaid, false, 'it was said before the disk had it');
    disk.resolve();
    assert.deepEqual(await asked, new Map([['a', 5]]), 'what was written later is not on the disk yet');
    assert.deepEqual(await store.cursors(), new Map([['a', 9]]));
  } finally {
    disk.resolve();
    await engine.db.destroy();
  }
});
