import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockDataDir } from '../../src/storage/data-dir-lock.ts';
import type { WorkspaceId } from '../../src/kernel/ids.ts';
import { loadMasterKeys } from '../../src/main/keys.ts';
import { Keyring, pageUrl } from '../../src/tracking/tracking.ts';
import { storedAgents } from '../support/ledger.ts';
import { metricOf } from '../support/metrics.ts';
import { edgeProcesses, signal } from '../support/process-tree.ts';
import { eventually, startServer } from '../support/server.ts';
import { snippet } from '../support/snippet.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

test('an edge begins no log while a former one may still be writing its own', async () => {
  await using directory = await temporaryDirectory();
  // As an edge does that still drains after its supervisor was killed.
  const unlock = lockDataDir(directory.path, 'edge', 0);
  const starting = startServer(directory.path);
  await sleep(2_000);
  assert.deepEqual(await readdir(join(directory.path, 'hits')).catch(() => []), []);
  unlock();
  const server = await starting;
  assert.equal((await readdir(join(directory.path, 'hits', 'edge-0'))).length, 1);
  assert.throws(() => lockDataDir(directory.path, 'edge', 0), { code: 'conflict' });
  await server.stop();
  lockDataDir(directory.path, 'edge', 0)();
});

test('the recipient’s page is there again when the edge was started again', async () => {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path);
  const keyring = new Keyring(loadMasterKeys(directory.path, undefined));
  const url = pageUrl(keyring, server.edgeUrl, { workspaceId: 1 as WorkspaceId, subject: 'ab'.repeat(16) });
  // Of a delivery that is unknown: the back end says so, the edge alone would say 503.
  assert.equal((await fetch(url)).status, 404);
  for (const pid of await edgeProcesses((await server.local()).processes)) signal(pid, 'SIGKILL');
  await eventually('the page is there again', async () => {
    const answer = await fetch(url).catch(() => undefined);
    return answer?.status === 404;
  });
  await server.stop();
});

test('an objection that was confirmed holds at an edge that comes back without a back end', async () => {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path);
  try {
    const [delivery] = (await snippet(server, 1)).deliveries;
    const facts = await server.api(`/api/v1/deliveries/${delivery?.trackingNumber}`);
    const { recipientPageUrl } = (await facts.json()) as { recipientPageUrl: string };
    assert.equal((await fetch(recipientPageUrl, { method: 'POST' })).status, 200, 'it is confirmed');

    signal(server.processes.backEnd, 'SIGSTOP');
    for (const pid of await edgeProcesses(server.processes)) signal(pid, 'SIGKILL');
    await eventually(
      'the edge is back',
      async () => (await fetch(`${server.edgeUrl}/readyz`)).status === 200,
    );
    const answer = await fetch(delivery?.pixelUrl ?? '', { headers: { 'user-agent': 'objected/1' } });
    assert.equal((await answer.arrayBuffer()).byteLength, 43);
    signal(server.processes.backEnd, 'SIGCONT');
    await eventually('it was passed over', async () => {
      return (await metricOf(server, 'waybill_edge_silenced_total')) === 1;
    });
    assert.deepEqual(storedAgents(directory.path), []);
  } finally {
    signal(server.processes.backEnd, 'SIGCONT');
    await server.stop();
  }
});
