import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { DeliveryDetail } from '@waybill/sdk';
import { capturedCopies, storedAgents } from '../support/ledger.ts';
import { digests, writeOldDataDir } from '../support/old-data-dir.ts';
import { eventually, startServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const ENTRY = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** `waybill serve` that is expected to refuse. */
async function refusedStart(dataDir: string): Promise<{ status: number | null; stderr: string }> {
  const child = spawn(process.execPath, [ENTRY, 'serve'], {
    env: {
      PATH: process.env['PATH'],
      WAYBILL_DATA_DIR: dataDir,
      WAYBILL_HTTP_LISTEN: '127.0.0.1:0',
      WAYBILL_EDGE_LISTEN: '127.0.0.1:0',
      WAYBILL_SMTP_LISTEN: '127.0.0.1:0',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  return { status: child.exitCode, stderr };
}

test('the first version’s data directory is upgraded: links live on, waiting mail goes out, unread hits are read', async () => {
  await using directory = await temporaryDirectory();
  const old = await writeOldDataDir(directory.path);
  const server = await startServer(directory.path);
  try {
    const agent = 'after/upgrade';
    const answer = await fetch(`${server.edgeUrl}${old.pixelPath}`, { headers: { 'user-agent': agent } });
    assert.equal((await answer.arrayBuffer()).byteLength, 43);
    await eventually('old and new hits are stored', async () => {
      const stored = storedAgents(directory.path).toSorted();
      return stored.length >= 6 && stored;
    });
    assert.deepEqual(storedAgents(directory.path).toSorted(), [agent, ...old.waiting].toSorted());
    const detail = await server.api(`/api/v1/deliveries/${old.trackingNumber}`);
    assert.equal(detail.status, 200);
    const { events, links } = (await detail.json()) as DeliveryDetail;
    assert.deepEqual(
      links.map(({ url }) => url),
      old.links,
    );
    assert.equal(events.filter(({ type }) => type === 'opened').length, 6);
    await eventually('the mail that waited is captured', async () =>
      capturedCopies(directory.path).includes('Still waiting → bob@example.net'),
    );
  } finally {
    await server.stop();
  }
  const again = await startServer(directory.path);
  try {
    assert.equal(storedAgents(directory.path).length, 6, 'a further start does nothing again');
  } finally {
    await again.stop();
  }
});

test('a schema of a newer version is refused in a sentence, and nothing is touched', async () => {
  await using directory = await temporaryDirectory();
  await (await startServer(directory.path)).stop();
  const database = new DatabaseSync(join(directory.path, 'waybill.db'));
  database.exec("insert into kysely_migration values ('9999-of-the-future', '2099-01-01T00:00:00.000Z')");
  database.close();
  const before = await digests(directory.path);
  const { status, stderr } = await refusedStart(directory.path);
  assert.equal(status, 2);
  assert.match(stderr, /newer Waybill.*9999-of-the-future.*backup/s);
  assert.doesNotMatch(stderr, /\n\s+at /, 'no stack');
  assert.deepEqual(await digests(directory.path), before);
});
