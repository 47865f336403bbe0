import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { crashThreads, DEBUGGABLE } from '../support/crash-thread.ts';
import { HitLoad } from '../support/hit-load.ts';
import { balance, capturedCopies, duplicateSources, newLedger } from '../support/ledger.ts';
import { shortOrLong } from '../support/long-form.ts';
import { sendUntil } from '../support/mail-load.ts';
import { metricOf } from '../support/metrics.ts';
import { edgeProcesses } from '../support/process-tree.ts';
import { eventually, startServer } from '../support/server.ts';
import { snippetPixels } from '../support/snippet.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const ROUNDS = shortOrLong(2, 20);
/** So many that a thread which dies has some of their mails in hand. */
const SENDERS = 8;

test('every worker thread crashes under load: each is replaced, and nothing answered is lost', async (t) => {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path, DEBUGGABLE);
  try {
    const urls = await snippetPixels(server, 20);
    const ledger = newLedger();
    const mailing = new AbortController();
    const mails = Array.from({ length: SENDERS }, (_, n) =>
      sendUntil(mailing.signal, `threads ${n}`, server, ledger),
    );
    const load = new HitLoad({ urls, ledger, perSecond: 200, name: 'threads' });
    const edges = await edgeProcesses(server.processes);
    const crashed: string[] = [];
    try {
      for (let round = 0; round < ROUNDS; round++) {
        for (const pid of [server.processes.backEnd, ...edges]) {
          await sleep(300 + Math.random() * 300);
          crashed.push(...(await crashThreads(server, pid, (program) => program.endsWith('-worker.ts'))));
        }
      }
      await sleep(500);
    } finally {
      mailing.abort();
      await Promise.all([load.stop(), ...mails]);
    }
    assert.ok(crashed.includes('sqlite-worker.ts'), `only ${crashed.join()} crashed`);
    assert.equal(load.counts.failed, 0, 'every hit was answered');
    assert.equal((await server.api('/readyz')).status, 200);
    assert.deepEqual(await edgeProcesses(server.processes), edges, 'no process had to be started again');
    assert.equal((await server.local()).processes.backEnd, server.processes.backEnd);

    const kept = await eventually(
      'every answered hit is stored, or counted as not recorded',
      async () => {
        const lost = balance(directory.path, ledger).lost.length;
        const counted = await metricOf(server, 'waybill_edge_unrecorded_total');
        return lost <= counted && { lost };
      },
      30_000,
    );
    await eventually('every accepted mail is captured', async () => {
      const captured = new Set(capturedCopies(directory.path));
      return [...ledger.mails].every((subject) => captured.has(`${subject} → two@example.net`));
    });
    const captured = capturedCopies(directory.path);
    assert.equal(new Set(captured).size, captured.length, 'no mail is there twice');
    assert.deepEqual(balance(directory.path, ledger).twice, []);
    assert.deepEqual(duplicateSources(directory.path), []);
    t.diagnostic(
      `${crashed.length} threads crashed: ${ledger.hits.size} answered hits, ${kept.lost} of them counted as not ` +
        `recorded; ${ledger.mails.size} accepted mails, 0 lost`,
    );
  } finally {
    await server.stop();
  }
});
