import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CreatedMessage } from '@waybill/sdk';
import { openSqlite, type Engine } from '../../src/storage/engine.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const ENTRY = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36';
const RECIPIENTS = 300;

/** A run of the command in a process of its own. */
function rejudge(dataDir: string) {
  const child = spawn(process.execPath, [ENTRY, 'rejudge', '--json'], {
    env: { PATH: process.env['PATH'], WAYBILL_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  return { child, done: once(child, 'close').then(([status]) => ({ status: status as number | null, out })) };
}

async function openedPixels(server: RunningServer): Promise<string[]> {
  const answer = await server.api('/api/v1/messages', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      from: 'sender@example.org',
      to: Array.from({ length: RECIPIENTS }, (_, n) => `reader${n}@example.net`),
      subject: 'Judged again',
      html: '<p>Hello</p>',
      send: false,
    }),
  });
  const message = (await answer.json()) as CreatedMessage;
  await server.api(`/api/v1/messages/${message.id}/sent`, { method: 'POST' });
  const pixels = message.deliveries.map(({ pixelUrl }) => pixelUrl ?? '');
  await Promise.all(pixels.map(open));
  return pixels;
}

async function open(pixel: string): Promise<void> {
  await openWith(CHROME, pixel);
}

async function openWith(agent: string, pixel: string): Promise<void> {
  const answer = await fetch(pixel, { headers: { 'user-agent': agent } });
  assert.equal(answer.status, 200);
  await answer.arrayBuffer();
}

async function opened(engine: Engine) {
  return engine.db
    .selectFrom('events')
    .select(['actor', 'rules_version'])
    .where('type', '=', 'opened')
    .execute();
}

test('waybill rejudge may be killed, goes on, and loses nothing of a server that records hits meanwhile', async () => {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path);
  try {
    const pixels = await openedPixels(server);
    const engine = await openSqlite(join(directory.path, 'waybill.db'));
    try {
      await eventually('every opening is judged', async () => (await opened(engine)).length === RECIPIENTS);
      await engine.db
        .updateTable('events')
        .set({ rules_version: 0, actor: 'scanner', confidence: 0.9 })
        .where('type', '=', 'opened')
        .execute();

      const killed = rejudge(directory.path);
      await eventually(
        'some events are judged again',
        async () =>
          (await opened(engine)).some(({ rules_version: version }) => version > 0) ||
          killed.child.exitCode !== null,
      );
      killed.child.kill('SIGKILL');
      await killed.done;

      const [{ status, out }] = await Promise.all([
        rejudge(directory.path).done,
        // Another version, or it might be the same opening once more.
        ...pixels.slice(0, 100).map((pixel) => openWith(CHROME.replace('143.', '144.'), pixel)),
      ]);
      assert.equal(status, 0);
      const summary = JSON.parse(out) as { finished: boolean; deliveries: number };
      assert.equal(summary.finished, true);
      await eventually(
        'later hits are judged, too',
        async () => (await opened(engine)).length === RECIPIENTS + 100,
      );
      const events = await opened(engine);
      assert.deepEqual(
        events.filter(({ actor, rules_version: version }) => actor !== 'human' || version === 0),
        [],
      );
    } finally {
      await engine.db.destroy();
    }
  } finally {
    await server.stop();
  }
});
