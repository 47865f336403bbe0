import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { temporaryDirectory } from '../support/temp-dir.ts';

const ENTRY = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Both processes are loading, or one of them is up. */
const MOMENTS_MS = [250, 500, 750, 1000];

test('a server that is told to end while it starts goes at once, with both its processes', async () => {
  for (const momentMs of MOMENTS_MS) {
    await using directory = await temporaryDirectory();
    const server = spawn(process.execPath, [ENTRY, 'serve'], {
      env: {
        PATH: process.env['PATH'],
        WAYBILL_DATA_DIR: directory.path,
        WAYBILL_HTTP_LISTEN: '127.0.0.1:0',
        WAYBILL_EDGE_LISTEN: '127.0.0.1:0',
        WAYBILL_SMTP_LISTEN: '127.0.0.1:0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Its processes have the same pipes: they close when the last of them is gone.
    const gone = once(server, 'close');
    server.stdout.resume();
    server.stderr.resume();
    await sleep(momentMs);
    const askedAt = Date.now();
    server.kill('SIGTERM');
    await gone;
    const tookMs = Date.now() - askedAt;
    assert.ok(tookMs < 5000, `told after ${momentMs} ms, it took ${tookMs} ms`);
  }
});
