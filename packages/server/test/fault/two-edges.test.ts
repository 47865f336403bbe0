import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockDataDir } from '../../src/storage/data-dir-lock.ts';
import type { WorkspaceId } from '../../src/kernel/ids.ts';
import { loadMasterKeys } from '../../src/main/keys.ts';
import { Keyring, pageUrl } from '../../src/tracking/tracking.ts';
import { edgeProcesses, signal } from '../support/process-tree.ts';
import { eventually, startServer } from '../support/server.ts';
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
