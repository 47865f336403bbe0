import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

test('a reader that has enough, like head, ends a command without a word', async () => {
  const child = spawn(process.execPath, [ENTRY, 'explain'], {
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => {});
  child.stdout.destroy();
  child.stdin.end(
    `${JSON.stringify({ kind: 'open', method: 'GET', userAgent: 'Mail/1.0' })}\n`.repeat(2_000),
  );
  await once(child, 'close');
  assert.deepEqual([child.exitCode, child.signalCode, stderr], [0, null, '']);
});
