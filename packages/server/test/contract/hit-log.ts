import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HitLog, HitSource } from '../../src/tracking/tracking.ts';
import { sampleHit } from '../support/sample-hit.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

export interface HitLogContract {
  openLog(directory: string): Promise<HitLog>;
  openSource(directory: string): HitSource;
  /** A program that appends hits with growing `at` to the log in argv[2] and prints each `at` once it is durable. */
  appendingProgram: string;
  /** Makes the next `openLog` begin a new log, as after a loss or a restore. */
  replace(directory: string): Promise<void>;
}

/** What every hit log and its reading end must do together. */
export function testHitLog(name: string, contract: HitLogContract): void {
  test(`${name}: a hit comes back as it was appended, with its id`, async () => {
    await using directory = await temporaryDirectory();
    const log = await contract.openLog(directory.path);
    const source = contract.openSource(directory.path);
    await log.append(sampleHit(1));
    const [hit] = await source.read(new Map(), 10);
    assert.ok(hit);
    const { epoch, seq, ...rest } = hit;
    assert.deepEqual(rest, sampleHit(1));
    assert.match(epoch, /./);
    assert.ok(seq > 0);
    await log.close();
    await source.close();
  });

  test(`${name}: a source of a log that does not exist yet is empty, and sees it once it is there`, async () => {
    await using directory = await temporaryDirectory();
    const source = contract.openSource(directory.path);
    assert.deepEqual(await source.read(new Map(), 10), []);
    const log = await contract.openLog(directory.path);
    await log.append(sampleHit(1));
    assert.equal((await source.read(new Map(), 10)).length, 1);
    await log.close();
    await source.close();
  });

  test(`${name}: concurrent appends keep their order, and a cursor reads on behind the last one`, async () => {
    await using directory = await temporaryDirectory();
    const log = await contract.openLog(directory.path);
    const source = contract.openSource(directory.path);
    await Promise.all(Array.from({ length: 5000 }, (_, n) => log.append(sampleHit(n))));
    const cursors = new Map<string, number>();
    const seen: number[] = [];
    for (;;) {
      const hits = await source.read(cursors, 700);
      if (hits.length === 0) break;
      for (const { at, epoch, seq } of hits) {
        seen.push(at);
        cursors.set(epoch, seq);
      }
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 5000 }, (_, n) => n),
    );
    await log.close();
    await source.close();
  });

  test(`${name}: a hit’s id is never given twice, also after the log was trimmed`, async () => {
    await using directory = await temporaryDirectory();
    let log = await contract.openLog(directory.path);
    const source = contract.openSource(directory.path);
    for (let n = 1; n <= 5; n++) await log.append(sampleHit(n));
    const before = await source.read(new Map(), 10);
    const last = before.at(-1);
    assert.ok(last);
    await source.trim(new Map([['another', last.seq]]));
    assert.equal((await source.read(new Map(), 10)).length, 5, 'the cursor of another epoch trims nothing');
    await log.close();
    log = await contract.openLog(directory.path);
    await log.append(sampleHit(6));
    await source.trim(new Map([[last.epoch, last.seq]]));
    const cursors = new Map([[last.epoch, last.seq]]);
    assert.deepEqual(
      (await source.read(cursors, 10)).map(({ at }) => at),
      [6],
    );
    const [next] = await source.read(cursors, 10);
    assert.ok(!before.some(({ epoch, seq }) => epoch === next?.epoch && seq === next.seq));
    await log.close();
    await source.close();
  });

  test(`${name}: what is behind the cursor is counted, and never trimmed`, async () => {
    await using directory = await temporaryDirectory();
    let log = await contract.openLog(directory.path);
    const source = contract.openSource(directory.path);
    assert.equal(await source.backlog(new Map()), 0);
    await Promise.all(Array.from({ length: 300 }, (_, n) => log.append(sampleHit(n))));
    await log.close();
    log = await contract.openLog(directory.path);
    await Promise.all(Array.from({ length: 40 }, (_, n) => log.append(sampleHit(300 + n))));
    assert.equal(await source.backlog(new Map()), 340);
    const read = await source.read(new Map(), 100);
    const cursors = new Map<string, number>();
    for (const { epoch, seq } of read) cursors.set(epoch, seq);
    assert.equal(await source.backlog(cursors), 240);
    await source.trim(cursors);
    const rest: number[] = [];
    for (;;) {
      const hits = await source.read(cursors, 100);
      if (hits.length === 0) break;
      for (const { at, epoch, seq } of hits) {
        rest.push(at);
        cursors.set(epoch, seq);
      }
    }
    assert.deepEqual(
      rest,
      Array.from({ length: 240 }, (_, n) => 100 + n),
    );
    assert.equal(await source.backlog(cursors), 0);
    await log.close();
    await source.close();
  });

  test(`${name}: a reader whose hits were not stored gets the same ones again`, async () => {
    await using directory = await temporaryDirectory();
    const log = await contract.openLog(directory.path);
    const source = contract.openSource(directory.path);
    await Promise.all(Array.from({ length: 50 }, (_, n) => log.append(sampleHit(n))));
    const first = await source.read(new Map(), 20);
    assert.deepEqual(await source.read(new Map(), 20), first);
    const [tenth] = first.slice(9);
    assert.ok(tenth);
    const again = await source.read(new Map([[tenth.epoch, tenth.seq]]), 10);
    assert.deepEqual(again, first.slice(10));
    await log.close();
    await source.close();
  });

  test(`${name}: a replaced log has another epoch, so an old cursor hides none of its hits`, async () => {
    await using directory = await temporaryDirectory();
    let log = await contract.openLog(directory.path);
    const source = contract.openSource(directory.path);
    for (let n = 1; n <= 3; n++) await log.append(sampleHit(n));
    const old = (await source.read(new Map(), 10)).at(-1);
    assert.ok(old);
    await log.close();
    await contract.replace(directory.path);
    log = await contract.openLog(directory.path);
    await log.append(sampleHit(99));
    const hits = await source.read(new Map([[old.epoch, old.seq]]), 10);
    assert.deepEqual(
      hits.map(({ at }) => at),
      [99],
    );
    assert.notEqual(hits[0]?.epoch, old.epoch);
    await log.close();
    await source.close();
  });

  test(`${name}: after close an append is refused, and close waits for what is pending`, async () => {
    await using directory = await temporaryDirectory();
    const log = await contract.openLog(directory.path);
    const pending = Array.from({ length: 50 }, (_, n) => log.append(sampleHit(n)));
    await log.close();
    await Promise.all(pending);
    await assert.rejects(log.append(sampleHit(99)));
  });

  test(`${name}: what was acknowledged is there after SIGKILL`, async () => {
    await using directory = await temporaryDirectory();
    const child = spawn(process.execPath, [contract.appendingProgram, directory.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let ledger = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ledger += text));
    while (ledger.length < 5_000) await sleep(5);
    child.kill('SIGKILL');
    await once(child, 'close');
    const complete = ledger.slice(0, ledger.lastIndexOf('\n'));
    const acknowledged = complete.split('\n').map(Number);
    const source = contract.openSource(directory.path);
    const stored = (await source.read(new Map(), 1_000_000)).map(({ at }) => at);
    const set = new Set(stored);
    assert.deepEqual(
      acknowledged.filter((at) => !set.has(at)),
      [],
      'lost',
    );
    assert.equal(set.size, stored.length, 'there twice');
    await source.close();
  });
}
