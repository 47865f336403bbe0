import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HitLoad, percentile } from '../support/hit-load.ts';
import { balance, duplicateSources, newLedger } from '../support/ledger.ts';
import { shortOrLong } from '../support/long-form.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { snippetPixels } from '../support/snippet.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

/** The server waits for five seconds by itself; with room for a machine that is busy. */
const ANSWER_MS = 10_000;
/** Longer than those five seconds. */
const LOCKED_MS = shortOrLong(8_000, 60_000);

const LOCK = `
  import { DatabaseSync } from 'node:sqlite';
  const database = new DatabaseSync(process.argv[1], { timeout: 10_000 });
  database.exec('BEGIN EXCLUSIVE');
  process.stdout.write('locked');
  process.stdin.on('end', () => { database.exec('ROLLBACK'); database.close(); }).resume();
`;

/** Another program that keeps the database to itself. @returns a function that ends it */
async function lock(file: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', LOCK, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return async () => {
    child.stdin.end();
    await once(child, 'exit');
  };
}

function create(server: RunningServer): Promise<Response> {
  return server.api('/api/v1/messages', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      from: 'sender@example.org',
      to: ['one@example.net'],
      subject: 'while it is locked',
      html: '<p>Hello</p>',
      send: true,
    }),
  });
}

test(`a database that another program locks for ${LOCKED_MS / 1000} s: readers do not notice, the API says when to come again`, async (t) => {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path);
  try {
    const urls = await snippetPixels(server, 20);
    const ledger = newLedger();
    const load = new HitLoad({ urls, ledger, perSecond: 100, name: 'locked' });
    const unlock = await lock(join(directory.path, 'waybill.db'));
    const lockedAt = performance.now();
    const first = await create(server);
    const tookMs = performance.now() - lockedAt;
    assert.equal(first.status, 503, await first.clone().text());
    assert.ok(tookMs < ANSWER_MS, `it took ${tookMs} ms`);
    assert.ok(Number(first.headers.get('retry-after')) > 0, 'Retry-After');
    const problem = (await first.json()) as { code: string; detail: string };
    assert.equal(problem.code, 'unavailable');
    assert.match(problem.detail, /locked/);
    // Known to be locked: who comes now does not wait as long, and reading goes on.
    const crowd = await Promise.all(Array.from({ length: 5 }, () => create(server)));
    assert.deepEqual(
      crowd.map(({ status }) => status),
      crowd.map(() => 503),
    );
    assert.equal((await server.api('/api/v1/messages')).status, 200);
    await sleep(LOCKED_MS - (performance.now() - lockedAt));
    await unlock();
    const retried = await eventually('the API takes mail again', async () => {
      const answer = await create(server);
      return answer.status === 201;
    });
    assert.ok(retried);
    await load.stop();
    assert.equal(load.counts.failed, 0, 'every hit was answered');
    await eventually(
      'all hits are stored',
      async () => balance(directory.path, ledger).lost.length === 0,
      30_000,
    );
    assert.deepEqual(balance(directory.path, ledger).twice, []);
    assert.deepEqual(duplicateSources(directory.path), []);
    t.diagnostic(
      `the API said 503 after ${Math.round(tookMs)} ms; ${ledger.hits.size} hits answered meanwhile, ` +
        `p99 ${percentile(load.latencies(), 0.99).toFixed(1)} ms, 0 lost, 0 twice`,
    );
  } finally {
    await server.stop();
  }
});
