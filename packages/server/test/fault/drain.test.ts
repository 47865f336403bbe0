import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HitLoad } from '../support/hit-load.ts';
import { balance, capturedCopies, duplicateSources, newLedger, storedAgents } from '../support/ledger.ts';
import { shortOrLong } from '../support/long-form.ts';
import { sendUntil } from '../support/mail-load.ts';
import { eventually, startServer } from '../support/server.ts';
import { snippetPixels } from '../support/snippet.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const ROUNDS = shortOrLong(2, 20);
const DRAIN_MS = 5_000;

test('SIGTERM under load: it ends in time, and no answer is broken off or taken back', async (t) => {
  await using directory = await temporaryDirectory();
  const ledger = newLedger();
  for (let round = 0; round < ROUNDS; round++) {
    const server = await startServer(directory.path);
    try {
      const urls = await snippetPixels(server, 20);
      const mailing = new AbortController();
      const mails = sendUntil(mailing.signal, `drain ${round}`, server, ledger);
      const load = new HitLoad({ urls, ledger, perSecond: 1_000, name: `drain/${round}` });
      await sleep(700);
      const askedAt = performance.now();
      server.child.kill('SIGTERM');
      await once(server.child, 'exit');
      const tookMs = performance.now() - askedAt;
      mailing.abort();
      await Promise.all([load.stop(), mails]);
      assert.equal(server.child.exitCode, 0, server.stderr());
      assert.ok(tookMs < DRAIN_MS, `it took ${tookMs} ms`);
      assert.equal(load.counts.brokenOff, 0, 'an answer had begun and did not end');
      t.diagnostic(`ended in ${Math.round(tookMs)} ms under load`);
    } finally {
      await server.stop();
    }
  }
  const server = await startServer(directory.path);
  try {
    await eventually('all is stored', async () => balance(directory.path, ledger).lost.length === 0, 30_000);
    await eventually('all mails are captured', async () => {
      const captured = new Set(capturedCopies(directory.path));
      return [...ledger.mails].every((subject) => captured.has(`${subject} → one@example.net`));
    });
  } finally {
    await server.stop();
  }
  const unanswered = storedAgents(directory.path).filter((agent) => !ledger.hits.has(agent));
  assert.deepEqual(unanswered, [], 'a hit was recorded, and its answer did not come');
  const sent = capturedCopies(directory.path).map((copy) => copy.replace(/ → .*/, ''));
  assert.deepEqual(
    sent.filter((subject) => !ledger.mails.has(subject)),
    [],
    'a mail was accepted, and its 250 did not come',
  );
  assert.deepEqual(balance(directory.path, ledger).twice, []);
  assert.deepEqual(duplicateSources(directory.path), []);
  t.diagnostic(`${ledger.hits.size} answered hits and ${ledger.mails.size} accepted mails, 0 lost, 0 twice`);
});
