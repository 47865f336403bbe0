import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockDataDir } from '../../src/storage/data-dir-lock.ts';
import { duplicateSources, newLedger, storedAgents } from '../support/ledger.ts';
import { metricOf } from '../support/metrics.ts';
import { edgeProcesses, signal } from '../support/process-tree.ts';
import { eventually, startServer } from '../support/server.ts';
import { snippet } from '../support/snippet.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const SHARED = process.platform === 'linux' ? false : 'listeners are shared on Linux and BSD only';

test(
  'two edge processes share the port: both serve and log, a killed one comes back, an objection holds at both',
  { skip: SHARED },
  async () => {
    await using directory = await temporaryDirectory();
    const server = await startServer(directory.path, { WAYBILL_EDGE_WORKERS: '2' });
    try {
      const message = await snippet(server, 1);
      const [delivery] = message.deliveries;
      const pixel = delivery?.pixelUrl ?? '';
      const ledger = newLedger();
      /** @returns whether it was answered; a process that was killed takes connections with it */
      const readOnce = async (name: string): Promise<boolean> => {
        // Each on a connection of its own, so that the system divides them.
        const headers = { 'user-agent': name, connection: 'close' };
        const answer = await fetch(pixel, { headers }).catch(() => undefined);
        await answer?.arrayBuffer().catch(() => undefined);
        if (answer?.status === 200) ledger.hits.add(name);
        return answer?.status === 200;
      };
      for (let n = 0; n < 40; n++) await readOnce(`both/${n}`);
      assert.equal(ledger.hits.size, 40);
      const edges = await edgeProcesses(server.processes);
      assert.equal(edges.length, 2);
      await eventually('the counts of both are summed', async () => {
        return (await metricOf(server, 'waybill_edge_hits_total')) === 40;
      });
      assert.deepEqual((await readdir(join(directory.path, 'hits'))).sort(), ['edge-0', 'edge-1']);

      signal(edges[0] ?? 0, 'SIGKILL');
      for (let n = 0; n < 20; n++) await readOnce(`one/${n}`);
      await eventually('both are there again', async () => {
        return (await edgeProcesses(server.processes)).length === 2;
      });
      await eventually('every answered hit is stored', async () => {
        const stored = new Set(storedAgents(directory.path));
        return [...ledger.hits].every((name) => stored.has(name));
      });

      const facts = await server.api(`/api/v1/deliveries/${delivery?.trackingNumber}`);
      const { recipientPageUrl } = (await facts.json()) as { recipientPageUrl: string };
      // One of them may still be starting. 202 would be that not both have it yet.
      await eventually('both have confirmed it', async () => {
        return (await fetch(recipientPageUrl, { method: 'POST' })).status === 200;
      });
      let answered = 0;
      while (answered < 20) if (await readOnce(`objected/${answered}`)) answered++;
      await eventually('neither records any more', async () => {
        return ((await metricOf(server, 'waybill_edge_silenced_total')) ?? 0) >= answered;
      });
      assert.ok(!storedAgents(directory.path).some((name) => name.startsWith('objected/')));
      assert.deepEqual(duplicateSources(directory.path), []);
    } finally {
      await server.stop();
    }
  },
);

test(
  'a further edge process knows from its first moment what the first one knows, without a back end',
  { skip: SHARED },
  async () => {
    await using directory = await temporaryDirectory();
    const folder = join(directory.path, 'edge');
    await mkdir(folder, { recursive: true });
    const known = `${JSON.stringify({ version: 7, kind: 'delivery', workspaceId: 1, target: 'ab'.repeat(16), effect: 'silent' })}\n`;
    await writeFile(join(folder, 'deny-set.log'), known);
    await writeFile(join(folder, 'deny-set-2.log'), '');
    // The back end waits for it.
    const unlock = lockDataDir(directory.path, 'back-end', 0);
    const starting = startServer(directory.path, { WAYBILL_EDGE_WORKERS: '3' });
    await eventually('all of them have opened their logs', async () => {
      return (await readdir(join(directory.path, 'hits'))).length === 3;
    });
    for (const worker of [1, 2])
      assert.equal(await readFile(join(folder, `deny-set-${worker}.log`), 'utf8'), known);
    unlock();
    await (await starting).stop();
  },
);
