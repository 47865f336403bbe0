import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { silentLogger } from '../../src/kernel/logger.ts';
import { openLocalHitLog, type LocalHitLog } from '../../src/storage/local-hit-log.ts';
import { LocalHitSource } from '../../src/storage/local-hit-source.ts';
import { sampleHit } from '../support/sample-hit.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { testHitLog } from './hit-log.ts';

const open = (directory: string): Promise<LocalHitLog> =>
  openLocalHitLog({ directory, logger: silentLogger });

testHitLog('local hit log', {
  openLog: open,
  openSource: (directory) => new LocalHitSource(directory),
  appendingProgram: fileURLToPath(new URL('./local-hit-log-program.ts', import.meta.url)),
  replace: async (directory) => {
    for (const suffix of ['', '-wal', '-shm']) await rm(join(directory, `hits.db${suffix}`), { force: true });
  },
});

async function storedTimes(directory: string): Promise<number[]> {
  const source = new LocalHitSource(directory);
  const hits = await source.read(new Map(), 1_000_000);
  await source.close();
  return hits.map(({ at }) => at);
}

async function untilReady(log: LocalHitLog): Promise<void> {
  for (let n = 0; n < 300 && !log.status().ready; n++) await sleep(50);
  assert.equal(log.status().ready, true, 'it did not become ready again');
}

test('local hit log: hits of a crowd share their commits', async () => {
  await using directory = await temporaryDirectory();
  const log = await open(directory.path);
  await Promise.all(Array.from({ length: 5_000 }, (_, n) => log.append(sampleHit(n))));
  assert.ok(log.status().commits <= 5, `${log.status().commits} commits`);
  await log.close();
});

test('local hit log: while a large log is trimmed, hits are appended and none behind the cursor goes', async () => {
  await using directory = await temporaryDirectory();
  const log = await open(directory.path);
  await Promise.all(Array.from({ length: 20_000 }, (_, n) => log.append(sampleHit(n))));
  const source = new LocalHitSource(directory.path);
  const [first] = await source.read(new Map(), 1);
  await source.close();
  assert.ok(first);
  let trimmed = false;
  const trimming = log.trim(first.epoch, first.seq + 15_000 - 1).then(() => (trimmed = true));
  await log.append(sampleHit(20_000));
  assert.equal(trimmed, false, 'the append did not wait for the whole trim');
  await trimming;
  assert.deepEqual(
    await storedTimes(directory.path),
    Array.from({ length: 5_001 }, (_, n) => 15_000 + n),
  );
  await log.close();
});

test('local hit log: a damaged file is set aside for a rescue and a new log begins', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'hits.db'), 'this is no database, '.repeat(1_000));
  const log = await open(directory.path);
  await log.append(sampleHit(1));
  assert.deepEqual(log.status(), { ready: true, commits: 1 });
  await log.close();
  assert.deepEqual(await storedTimes(directory.path), [1]);
  const aside = (await readdir(directory.path)).filter((name) => name.includes('damaged'));
  assert.equal(aside.length, 1);
});

test('local hit log: a locked file holds readers for five seconds at most, and it recovers by itself', async () => {
  await using directory = await temporaryDirectory();
  const log = await open(directory.path);
  await log.append(sampleHit(1));
  const intruder = new DatabaseSync(join(directory.path, 'hits.db'));
  intruder.exec('BEGIN IMMEDIATE');
  const before = performance.now();
  await assert.rejects(log.append(sampleHit(2)), { code: 'unavailable' });
  assert.ok(performance.now() - before < 7_000);
  assert.equal(log.status().ready, false);
  const atOnce = performance.now();
  await assert.rejects(log.append(sampleHit(3)), { code: 'unavailable' });
  assert.ok(performance.now() - atOnce < 500, 'the next reader does not wait at all');
  intruder.exec('ROLLBACK');
  intruder.close();
  await untilReady(log);
  await log.append(sampleHit(4));
  await log.close();
  const stored = await storedTimes(directory.path);
  assert.ok(stored.includes(1) && stored.includes(4));
});

test('local hit log: a full disk refuses hits, loses none it confirmed, and recovers by itself', async (t) => {
  await using directory = await temporaryDirectory();
  const run = promisify(execFile);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'waybill-test', directory.path]);
  } catch {
    t.skip('a small file system cannot be mounted by this user');
    return;
  }
  try {
    const log = await open(directory.path);
    const confirmed: number[] = [];
    const refused: number[] = [];
    for (let n = 0; refused.length < 5; n++) {
      assert.ok(n < 20_000, 'the disk never became full');
      await log.append(sampleHit(n)).then(
        () => confirmed.push(n),
        () => refused.push(n),
      );
    }
    assert.ok(confirmed.length > 100);
    assert.equal(log.status().ready, false);
    await run('mount', ['-o', 'remount,size=16m', directory.path]);
    await untilReady(log);
    await log.append(sampleHit(-1));
    await log.close();
    const stored = new Set(await storedTimes(directory.path));
    assert.deepEqual(
      confirmed.filter((at) => !stored.has(at)),
      [],
    );
    assert.ok(stored.has(-1));
  } finally {
    await run('umount', ['-l', directory.path]);
  }
});
