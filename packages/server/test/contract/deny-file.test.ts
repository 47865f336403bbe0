import assert from 'node:assert/strict';
import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { WorkspaceId } from '../../src/kernel/ids.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import { DenyFile } from '../../src/storage/deny-file.ts';
import type { DenyEntry } from '../../src/tracking/tracking.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

function entry(version: number, target = String(version), effect: DenyEntry['effect'] = 'silent'): DenyEntry {
  return { version, kind: 'delivery', workspaceId: 7 as WorkspaceId, target, effect };
}

async function reopen(path: string): Promise<{ entries: readonly DenyEntry[]; complete: boolean }> {
  const file = await DenyFile.open(path, silentLogger);
  await file.close();
  return file;
}

test('what was appended is there after the file is opened again, in the order of versions', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'edge', 'deny.log');
  const file = await DenyFile.open(path, silentLogger);
  assert.deepEqual(file.entries, []);
  assert.equal(file.complete, true);
  await Promise.all([file.append([entry(1), entry(2)]), file.append([entry(3)]), file.append([])]);
  await file.close();
  const { entries, complete } = await reopen(path);
  assert.deepEqual(entries, [entry(1), entry(2), entry(3)]);
  assert.equal(complete, true);
});

test('a line torn anywhere is left out and reported, and what follows is whole again', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'deny.log');
  const file = await DenyFile.open(path, silentLogger);
  await file.append([entry(1), entry(2)]);
  await file.close();
  const whole = await readFile(path);
  const firstLine = whole.indexOf('\n') + 1;
  for (let size = firstLine + 1; size < whole.length - 1; size++) {
    await writeFile(path, whole);
    await truncate(path, size);
    const torn = await DenyFile.open(path, silentLogger);
    assert.deepEqual(torn.entries, [entry(1)], `cut at ${size}`);
    assert.equal(torn.complete, false);
    await torn.append([entry(2)]);
    await torn.close();
    const mended = await reopen(path);
    assert.deepEqual(mended.entries, [entry(1), entry(2)]);
    assert.equal(mended.complete, true);
  }
});

test('a last line that only lacks its end counts, and the next one does not run into it', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'deny.log');
  await writeFile(path, JSON.stringify(entry(1)));
  const file = await DenyFile.open(path, silentLogger);
  assert.deepEqual(file.entries, [entry(1)]);
  await file.append([entry(2)]);
  await file.close();
  assert.deepEqual((await reopen(path)).entries, [entry(1), entry(2)]);
});

test('a damaged line in the middle hides none of the others', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'deny.log');
  for (const damage of ['\u0000\u0000\n', '5\n', 'null\n', '{"version":"x"}\n']) {
    await writeFile(path, `${JSON.stringify(entry(1))}\n${damage}`);
    await appendFile(path, `${JSON.stringify(entry(3))}\n`);
    const { entries, complete } = await reopen(path);
    assert.deepEqual(entries, [entry(1), entry(3)]);
    assert.equal(complete, false);
  }
});

test('superseded lines go when there are many, and the highest version stays', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'deny.log');
  const file = await DenyFile.open(path, silentLogger);
  const entries = Array.from({ length: 1_500 }, (_, n) =>
    entry(n + 1, 'a', n % 2 === 0 ? 'silent' : 'allow'),
  );
  await file.append(entries);
  await file.close();
  assert.deepEqual((await reopen(path)).entries, [entry(1_500, 'a', 'allow')]);
  assert.equal((await readFile(path, 'utf8')).trim().split('\n').length, 1);
});
