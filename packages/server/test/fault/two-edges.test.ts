import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockDataDir } from '../../src/storage/data-dir-lock.ts';
import { startServer } from '../support/server.ts';
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
