import assert from 'node:assert/strict';
import { open, readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { duplicateSources, hitUntil, newLedger, storedAgents } from '../support/ledger.ts';
import { signal } from '../support/process-tree.ts';
import { eventually, startServer } from '../support/server.ts';
import { snippetPixels } from '../support/snippet.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const HITS = 40;
const NEVER = new AbortController().signal;

/** The log file that was written to last, and where its content ends: space ahead is zeros. */
async function lastLog(dataDir: string): Promise<{ path: string; end: number }> {
  const directory = join(dataDir, 'hits');
  const names = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.hits'));
  const path = join(directory, names.toSorted().at(-1) ?? '');
  const bytes = await readFile(path);
  return { path, end: bytes.findLastIndex((byte) => byte !== 0) + 1 };
}

/** Hits that are durable and that nobody has read, then damage, then a new start. @returns those that were found, and what was said */
async function recover(damage: (log: { path: string; end: number }) => Promise<void>) {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path);
  const ledger = newLedger();
  let pixels: string[];
  try {
    pixels = await snippetPixels(server, 4);
    signal(server.processes.backEnd, 'SIGSTOP');
    await hitUntil(NEVER, 'old', pixels, ledger, HITS);
    assert.equal(ledger.hits.size, HITS);
  } finally {
    await server.kill();
  }
  await damage(await lastLog(directory.path));
  const again = await startServer(directory.path);
  try {
    const urls = pixels.map((url) => url.replace(server.edgeUrl, again.edgeUrl));
    const fresh = newLedger();
    await hitUntil(NEVER, 'new', urls, fresh, 10);
    assert.equal(fresh.hits.size, 10, 'the edge goes on');
    await eventually('new hits are stored', async () => {
      const stored = new Set(storedAgents(directory.path));
      return [...fresh.hits].every((agent) => stored.has(agent));
    });
    assert.deepEqual(duplicateSources(directory.path), []);
    const stored = new Set(storedAgents(directory.path));
    const asides = await readdir(join(directory.path, 'hits', 'damaged')).catch(() => []);
    return { found: [...ledger.hits].map((agent) => stored.has(agent)), said: again.stderr(), asides };
  } finally {
    await again.stop();
  }
}

test('a log whose tail was cut off is read to its last whole record, it is said, and the log goes on', async (t) => {
  const { found, said } = await recover(({ path, end }) => truncate(path, end - 10));
  const first = found.indexOf(false);
  assert.ok(first >= HITS - 2, `of ${HITS} only ${first} were found`);
  assert.match(said, /half a commit|damaged/);
  t.diagnostic(`${first} of ${HITS} hits found, the last one was cut off`);
});

test('a log with flipped bits is read up to them, it is said, and what cannot be read is kept aside', async (t) => {
  const { found, said, asides } = await recover(async ({ path, end }) => {
    const file = await open(path, 'r+');
    try {
      const at = Math.floor(end * 0.6);
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
      await file.write(Buffer.from([(buffer[0] ?? 0) ^ 0b0010_0100]), 0, 1, at);
    } finally {
      await file.close();
    }
  });
  const first = found.indexOf(false);
  assert.ok(first > HITS / 3, `only ${first} hits before the damage were found`);
  assert.match(said, /damaged/);
  assert.ok(asides.length > 0, 'the bytes are kept');
  t.diagnostic(`${found.filter(Boolean).length} of ${HITS} hits found, ${first} of them before the damage`);
});
