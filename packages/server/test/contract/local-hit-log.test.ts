import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { silentLogger } from '../../src/kernel/logger.ts';
import { lockDataDir } from '../../src/storage/data-dir-lock.ts';
import { readFrameHead } from '../../src/storage/hit-frame.ts';
import { SEGMENT_HEAD_BYTES, systemDisk, type Disk } from '../../src/storage/hit-segment.ts';
import { openLocalHitLog, type LocalHitLog } from '../../src/storage/local-hit-log.ts';
import { LocalHitSource } from '../../src/storage/local-hit-source.ts';
import type { LoggedHit } from '../../src/tracking/tracking.ts';
import { sampleHit } from '../support/sample-hit.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { testHitLog } from './hit-log.ts';

const open = (directory: string, disk?: Disk): Promise<LocalHitLog> =>
  openLocalHitLog({ directory, logger: silentLogger, ...(disk === undefined ? {} : { disk }) });

const openSource = (directory: string): LocalHitSource => new LocalHitSource(directory, silentLogger);

testHitLog('local hit log', {
  openLog: open,
  openSource,
  appendingProgram: fileURLToPath(new URL('./local-hit-log-program.ts', import.meta.url)),
  replace: (directory) => rm(join(directory, 'edge-0'), { recursive: true }),
});

async function stored(directory: string): Promise<LoggedHit[]> {
  const source = openSource(directory);
  const hits = await source.read(new Map(), 1_000_000);
  await source.close();
  return hits;
}

async function storedTimes(directory: string): Promise<number[]> {
  return (await stored(directory)).map(({ at }) => at);
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, n) => n);

/** A back end that reads the log while it grows. */
function follow(directory: string) {
  const source = openSource(directory);
  const cursors = new Map<string, number>();
  const seen: number[] = [];
  const read = async (): Promise<void> => {
    for (const { at, epoch, seq } of await source.read(cursors, 100)) {
      seen.push(at);
      cursors.set(epoch, seq);
    }
  };
  return { source, seen, read };
}

/** A disk that syncs nothing from `hang` until `goOn`. */
function hangingDisk() {
  let gate: Promise<void> | undefined;
  let goOn = (): void => {};
  const disk: Disk = {
    ...systemDisk,
    datasync: async (file) => {
      await gate;
      await systemDisk.datasync(file);
    },
  };
  const hang = (): void => {
    gate = new Promise((resolve) => {
      goOn = () => {
        gate = undefined;
        resolve();
      };
    });
  };
  return { disk, hang, goOn: () => goOn() };
}

async function untilReady(log: LocalHitLog): Promise<void> {
  for (let n = 0; n < 300 && !log.status().ready; n++) await sleep(50);
  assert.equal(log.status().ready, true, 'it did not become ready again');
}

/** The one segment file of a log that was opened once. */
async function segmentOf(directory: string): Promise<string> {
  const [name] = await readdir(join(directory, 'edge-0'));
  return join(directory, 'edge-0', name ?? '');
}

/** Where each frame of a segment begins. */
async function frameStarts(file: string): Promise<number[]> {
  const bytes = await readFile(file);
  const starts: number[] = [];
  for (let at = SEGMENT_HEAD_BYTES; ;) {
    const head = readFrameHead(bytes, at);
    if (head === undefined) return starts;
    starts.push(at);
    at += head.sizeBytes;
  }
}

test('local hit log: hits of a crowd share their commits', async () => {
  await using directory = await temporaryDirectory();
  const log = await open(directory.path);
  await Promise.all(upTo(5_000).map((n) => log.append(sampleHit(n))));
  assert.ok(log.status().commits <= 5, `${log.status().commits} commits`);
  await log.close();
});

test('local hit log: values that come again take next to no space', async () => {
  await using directory = await temporaryDirectory();
  const log = await open(directory.path);
  await Promise.all(
    upTo(5_000).map((n) =>
      log.append({ ...sampleHit(n), headers: { 'user-agent': 'u'.repeat(500), accept: 'a'.repeat(100) } }),
    ),
  );
  await log.close();
  const { length } = await readFile(await segmentOf(directory.path));
  assert.ok(length / 5_000 < 60, `${length / 5_000} bytes a hit`);
  assert.deepEqual(await storedTimes(directory.path), upTo(5_000));
});

test('local hit log: a tail cut off anywhere by a crash costs only the commit that nobody was told of', async () => {
  await using directory = await temporaryDirectory();
  const log = await open(directory.path);
  for (const n of upTo(6)) await log.append(sampleHit(n));
  await log.close();
  const file = await segmentOf(directory.path);
  const whole = await readFile(file);
  const starts = await frameStarts(file);
  const last = starts.at(-1) ?? 0;
  // Opening it again begins another segment, so the torn one is no longer being written.
  await (await open(directory.path)).close();
  for (let cut = last; cut < whole.length; cut += 17) {
    await writeFile(file, whole.subarray(0, cut));
    assert.deepEqual(await storedTimes(directory.path), upTo(5), `cut at ${cut}`);
    // Space that was written ahead follows.
    await appendFile(file, Buffer.alloc(5_000));
    assert.deepEqual(await storedTimes(directory.path), upTo(5), `cut at ${cut}, then zeros`);
  }
  assert.equal((await readdir(directory.path)).includes('damaged'), false, 'a torn tail is no damage');
});

test('local hit log: a flipped bit is noticed anywhere, reported, and its bytes are kept', async () => {
  await using directory = await temporaryDirectory();
  const log = await open(directory.path);
  for (const n of upTo(4)) await log.append(sampleHit(n));
  await log.close();
  const file = await segmentOf(directory.path);
  const whole = await readFile(file);
  const starts = await frameStarts(file);
  const later = await open(directory.path);
  await later.append(sampleHit(100));
  await later.close();
  const [second = 0, third = 0] = starts.slice(-3);
  for (let at = second; at < third; at += 9) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 16;
    await writeFile(file, bytes);
    const told: unknown[] = [];
    const logger = { ...silentLogger, error: (fields: unknown) => void told.push(fields) };
    const source = new LocalHitSource(directory.path, logger);
    const times = (await source.read(new Map(), 100)).map((hit) => hit.at);
    await source.close();
    assert.deepEqual(times, [0, 100], 'what comes before and the next segment are read, nothing wrong is');
    assert.match(JSON.stringify(told), /are damaged and cannot be read as hits; they are kept in/);
    const [aside] = await readdir(join(directory.path, 'damaged'));
    assert.deepEqual(await readFile(join(directory.path, 'damaged', aside ?? '')), bytes.subarray(second));
  }
});

test('local hit log: behind damage, what needs nothing of it is read', async () => {
  await using directory = await temporaryDirectory();
  const log = await open(directory.path);
  const large = (n: number) => ({ ...sampleHit(n), url: `https://example.org/${n}/${'x'.repeat(9_000)}` });
  // The texts begin anew after a megabyte.
  for (let n = 0; n < 400; n += 20) await Promise.all(upTo(20).map((more) => log.append(large(n + more))));
  await log.close();
  await (await open(directory.path)).close();
  const file = await segmentOf(directory.path);
  const bytes = await readFile(file);
  const damaged = (await frameStarts(file))[2] ?? 0;
  bytes[damaged + 50] = (bytes[damaged + 50] ?? 0) ^ 1;
  await writeFile(file, bytes);
  const times = await storedTimes(directory.path);
  assert.ok(times.length > 200, `${times.length} hits`);
  assert.ok(times.includes(0) && times.includes(399));
  const [aside] = await readdir(join(directory.path, 'damaged'));
  const kept = (await readFile(join(directory.path, 'damaged', aside ?? ''))).length;
  assert.ok(kept < 1_500_000, `${kept} bytes set aside`);
});

test('local hit log: the log of an older version is read to its end, counted, and removed when it is stored', async () => {
  await using directory = await temporaryDirectory();
  const old = new DatabaseSync(join(directory.path, 'hits.db'));
  old.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE hits (seq INTEGER PRIMARY KEY AUTOINCREMENT, hit TEXT NOT NULL);
    INSERT INTO meta VALUES ('epoch', 'old');
  `);
  const insert = old.prepare('INSERT INTO hits (hit) VALUES (?)');
  for (const n of upTo(3)) insert.run(JSON.stringify(sampleHit(n)));
  old.close();
  const log = await open(directory.path);
  await log.append(sampleHit(3));
  const source = openSource(directory.path);
  assert.equal(await source.backlog(new Map([['old', 1]])), 3);
  const hits = await source.read(new Map([['old', 1]]), 100);
  assert.deepEqual(hits.map(({ at }) => at).sort(), [1, 2, 3]);
  await source.trim(new Map([['old', 2]]));
  assert.ok((await readdir(directory.path)).includes('hits.db'), 'one of its hits is not stored yet');
  await source.trim(new Map([['old', 3]]));
  assert.deepEqual(await readdir(directory.path), ['edge-0']);
  await log.close();
  await source.close();
});

test('local hit log: several listeners write logs of their own, and all are read', async () => {
  await using directory = await temporaryDirectory();
  const logs = await Promise.all(
    [0, 1, 2].map((worker) => openLocalHitLog({ directory: directory.path, worker, logger: silentLogger })),
  );
  for (const n of upTo(30)) await logs[n % 3]?.append(sampleHit(n));
  const hits = await stored(directory.path);
  assert.deepEqual(
    hits.map(({ at }) => at).sort((a, b) => a - b),
    upTo(30),
  );
  assert.equal(new Set(hits.map(({ epoch }) => epoch)).size, 3);
  for (const log of logs) await log.close();
});

test('local hit log: segments are trimmed whole, and only those that are stored', async () => {
  await using directory = await temporaryDirectory();
  const cursors = new Map<string, number>();
  for (const n of upTo(4)) {
    const log = await open(directory.path);
    await log.append(sampleHit(n));
    await log.close();
    if (n === 2) for (const { epoch, seq } of await stored(directory.path)) cursors.set(epoch, seq);
  }
  await mkdir(join(directory.path, 'edge-0'), { recursive: true });
  const source = openSource(directory.path);
  await source.read(cursors, 10);
  await source.trim(cursors);
  assert.equal((await readdir(join(directory.path, 'edge-0'))).length, 1);
  assert.deepEqual(await storedTimes(directory.path), [3]);
  await source.close();
});

test('local hit log: what a listener left that there is no more is read to its end and removed', async () => {
  await using directory = await temporaryDirectory();
  const log = await openLocalHitLog({ directory: directory.path, worker: 3, logger: silentLogger });
  for (const n of upTo(5)) await log.append(sampleHit(n));
  await log.close();
  const source = new LocalHitSource(directory.path, silentLogger, 2);
  const hits = await source.read(new Map(), 100);
  assert.deepEqual(
    hits.map(({ at }) => at),
    upTo(5),
  );
  await source.trim(new Map(hits.map(({ epoch, seq }) => [epoch, seq])));
  assert.deepEqual(await readdir(join(directory.path, 'edge-3')), []);
  await source.close();
});

test('local hit log: what a listener that there shall be no more still writes is read, and not taken for complete', async () => {
  await using directory = await temporaryDirectory();
  const hits = join(directory.path, 'hits');
  // As its process does; it has lost its supervisor and drains.
  const unlock = lockDataDir(directory.path, 'edge-3', 0);
  const log = await openLocalHitLog({ directory: hits, worker: 3, logger: silentLogger });
  const source = new LocalHitSource(hits, silentLogger, 1);
  const cursors = new Map<string, number>();
  const seen: number[] = [];
  for (const n of upTo(3)) {
    await log.append(sampleHit(n));
    for (const { at, epoch, seq } of await source.read(cursors, 100)) {
      seen.push(at);
      cursors.set(epoch, seq);
    }
    await source.trim(cursors);
  }
  assert.deepEqual(seen, upTo(3));
  assert.equal((await readdir(join(hits, 'edge-3'))).length, 1, 'it is still in use');
  await log.close();
  unlock();
  await source.read(cursors, 100);
  await source.trim(cursors);
  assert.deepEqual(await readdir(join(hits, 'edge-3')), []);
  await source.close();
});

test('local hit log: damaged bytes that were set aside are removed after thirty days', async () => {
  await using directory = await temporaryDirectory();
  const damaged = join(directory.path, 'damaged');
  await mkdir(damaged);
  for (const [name, days] of [
    ['old.bytes', 31],
    ['new.bytes', 29],
  ] as const) {
    await writeFile(join(damaged, name), 'x');
    const then = new Date(Date.now() - days * 86_400_000);
    await utimes(join(damaged, name), then, then);
  }
  const source = openSource(directory.path);
  await source.trim(new Map());
  assert.deepEqual(await readdir(damaged), ['new.bytes']);
  await source.close();
});

test('local hit log: a disk that hangs holds readers for five seconds at most, and it recovers by itself', async () => {
  await using directory = await temporaryDirectory();
  const { disk, hang, goOn } = hangingDisk();
  const log = await open(directory.path, disk);
  await log.append(sampleHit(1));
  hang();
  const before = performance.now();
  await assert.rejects(log.append(sampleHit(2)), { code: 'unavailable' });
  assert.ok(performance.now() - before < 10_000);
  assert.equal(log.status().ready, false);
  const atOnce = performance.now();
  await assert.rejects(log.append(sampleHit(3)), { code: 'unavailable' });
  assert.ok(performance.now() - atOnce < 2_500, 'the next reader does not wait at all');
  goOn();
  await untilReady(log);
  await log.append(sampleHit(4));
  await log.close();
  const times = await storedTimes(directory.path);
  assert.ok(times.includes(1) && times.includes(4));
});

test('local hit log: on a slow disk nobody waits longer than five seconds, whatever they waited for', async () => {
  await using directory = await temporaryDirectory();
  let delayMs = 0;
  const disk: Disk = {
    ...systemDisk,
    datasync: async (file) => {
      const began = performance.now();
      while (performance.now() - began < delayMs) await sleep(50);
      await systemDisk.datasync(file);
    },
  };
  const log = await open(directory.path, disk);
  delayMs = 3_500;
  const first = log.append(sampleHit(1));
  await sleep(200);
  const before = performance.now();
  const second = log.append(sampleHit(2));
  await first;
  await assert.rejects(second, { code: 'unavailable' });
  const waitedMs = performance.now() - before;
  assert.ok(waitedMs < 6_500, `the second waited ${waitedMs} ms: for the first commit and its own`);
  delayMs = 0;
  await untilReady(log);
  await log.append(sampleHit(3));
  await log.close();
  const times = await storedTimes(directory.path);
  assert.ok(times.includes(1) && times.includes(3));
});

test('local hit log: hits that wait for a disk are limited in memory, too', async () => {
  await using directory = await temporaryDirectory();
  const { disk, hang, goOn } = hangingDisk();
  const log = await open(directory.path, disk);
  hang();
  const large = (n: number) => ({ ...sampleHit(n), url: `https://example.org/${'x'.repeat(20_000)}` });
  const answers = upTo(20_000).map((n) =>
    log
      .append(large(n))
      .then(() => 1)
      .catch(() => 0),
  );
  goOn();
  const kept = (await Promise.all(answers)).reduce<number>((sum, each) => sum + each, 0);
  assert.ok(kept > 2_000 && kept < 10_000, `${kept} hits of 20 KB were taken`);
  // When they are written there is room again.
  await Promise.all(upTo(5_000).map((n) => log.append(sampleHit(n))));
  await log.close();
});

test('local hit log: after a failed sync nothing more is written to that file', async () => {
  await using directory = await temporaryDirectory();
  let failures = 0;
  const disk: Disk = {
    ...systemDisk,
    datasync: async (file) => {
      if (failures-- > 0) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
      await systemDisk.datasync(file);
    },
  };
  const log = await open(directory.path, disk);
  await log.append(sampleHit(1));
  failures = 1;
  await assert.rejects(log.append(sampleHit(2)), /EIO/);
  assert.equal(log.status().ready, false);
  await log.append(sampleHit(3));
  assert.equal(log.status().ready, true);
  await log.close();
  assert.equal((await readdir(join(directory.path, 'edge-0'))).length, 2);
  const times = await storedTimes(directory.path);
  assert.ok(times.includes(1) && times.includes(3));
});

test('local hit log: a log that cannot be read at all is told of once and holds up no other', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'hits.db'), 'this is no database, whatever its name says'.repeat(200));
  const log = await open(directory.path);
  await log.append(sampleHit(1));
  const told: unknown[] = [];
  const logger = { ...silentLogger, error: (fields: unknown) => void told.push(fields) };
  const source = new LocalHitSource(directory.path, logger);
  for (let n = 0; n < 3; n++) {
    assert.deepEqual(
      (await source.read(new Map(), 10)).map(({ at }) => at),
      [1],
    );
    assert.equal(await source.backlog(new Map()), 1);
    await source.trim(new Map());
  }
  assert.equal(told.length, 1);
  assert.match(JSON.stringify(told), /hits\.db cannot be read, .* not a database/);
  assert.ok((await readdir(directory.path)).includes('hits.db'), 'nothing of it is removed');
  await log.close();
  await source.close();
});

test('local hit log: a damaged number in the next segment lets nothing be removed that is not stored', async () => {
  await using directory = await temporaryDirectory();
  let isFailing = false;
  const disk: Disk = {
    ...systemDisk,
    datasync: async (file) => {
      if (isFailing) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      await systemDisk.datasync(file);
    },
  };
  const log = await open(directory.path, disk);
  for (const n of upTo(4)) await log.append(sampleHit(n));
  isFailing = true;
  await assert.rejects(log.append(sampleHit(4)));
  isFailing = false;
  await log.append(sampleHit(5));
  await log.close();
  const folder = join(directory.path, 'edge-0');
  const names = (await readdir(folder)).toSorted();
  assert.equal(names.length, 2);
  const [{ epoch, seq } = { epoch: '', seq: 0 }] = await stored(directory.path);
  const second = join(folder, names[1] ?? '');
  const bytes = await readFile(second);
  // The lowest byte of its first hit's number.
  bytes[SEGMENT_HEAD_BYTES + 27] = 1;
  await writeFile(second, bytes);
  const source = openSource(directory.path);
  const cursors = new Map([[epoch, seq]]);
  await source.trim(cursors);
  assert.deepEqual(
    (await source.read(cursors, 100)).map(({ at }) => at),
    [1, 2, 3],
  );
  await source.close();
});

for (const code of ['EIO', 'ENOSPC']) {
  test(`local hit log: what was read before its sync failed with ${code} hides nothing that comes after`, async () => {
    await using directory = await temporaryDirectory();
    const { source, seen, read } = follow(directory.path);
    let isFailing = false;
    const disk: Disk = {
      ...systemDisk,
      datasync: async (file) => {
        if (!isFailing) return systemDisk.datasync(file);
        // The back end reads it now.
        await read();
        throw Object.assign(new Error(code), { code });
      },
    };
    const log = await open(directory.path, disk);
    await log.append(sampleHit(1));
    await read();
    for (const n of [2, 4, 6]) {
      isFailing = true;
      await assert.rejects(log.append(sampleHit(n)));
      isFailing = false;
      await log.append(sampleHit(n + 1));
      if (n === 4) await log.append({ ...sampleHit(45), headers: { 'user-agent': 'x'.repeat(400) } });
      await read();
      await read();
    }
    await log.close();
    await read();
    assert.deepEqual(
      [1, 3, 45, 5, 7].filter((at) => !seen.includes(at)),
      [],
    );
    assert.equal(new Set(seen).size, seen.length, 'none twice');
    assert.equal((await readdir(directory.path)).includes('damaged'), false);
    await source.close();
  });
}

test('local hit log: a frame that is taken back on a full disk hides nothing that takes its place', async () => {
  await using directory = await temporaryDirectory();
  const { source, seen, read } = follow(directory.path);
  let isFull = false;
  const disk: Disk = {
    ...systemDisk,
    write: async (file, bytes, position) => {
      await systemDisk.write(file, bytes, position);
      if (!isFull) return;
      await read();
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    },
  };
  const log = await open(directory.path, disk);
  for (const n of [1, 3, 5, 7]) {
    isFull = false;
    await log.append({ ...sampleHit(n), headers: { 'user-agent': `${n}`.repeat(n * 40) } });
    await log.append(sampleHit(n + 10));
    isFull = true;
    await assert.rejects(log.append({ ...sampleHit(n + 1), url: 'y'.repeat(300) }));
  }
  isFull = false;
  await log.append(sampleHit(9));
  await read();
  await log.close();
  await read();
  assert.deepEqual(
    [1, 11, 3, 13, 5, 15, 7, 17, 9].filter((at) => !seen.includes(at)),
    [],
  );
  assert.equal(new Set(seen).size, seen.length, 'none twice');
  await source.close();
});

test('local hit log: a full disk refuses hits, loses none it confirmed, and recovers by itself', async (t) => {
  await using directory = await temporaryDirectory();
  const run = promisify(execFile);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'waybill-test', directory.path]);
  } catch {
    t.skip('a small file system cannot be mounted by this user');
    return;
  }
  try {
    const log = await open(directory.path);
    const confirmed: number[] = [];
    const refused: number[] = [];
    for (let n = 0; refused.length < 5; n++) {
      assert.ok(n < 40_000, 'the disk never became full');
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
    const times = new Set(await storedTimes(directory.path));
    assert.deepEqual(
      confirmed.filter((at) => !times.has(at)),
      [],
    );
    assert.ok(times.has(-1));
  } finally {
    await run('umount', ['-l', directory.path]);
  }
});
