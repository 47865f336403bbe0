/**
 * What readers notice of the hourly purge of raw hits: seeds a server's database with old ones, and prints the latency of
 * pixels before and while they are deleted. Usage: npm run bench:retention [HITS]
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { HitLoad, percentile } from '../test/support/hit-load.ts';
import { newLedger } from '../test/support/ledger.ts';
import { eventually, startServer } from '../test/support/server.ts';
import { snippetPixels } from '../test/support/snippet.ts';
import { temporaryDirectory } from '../test/support/temp-dir.ts';

const HITS = Number(process.argv[2] ?? 100_000);
const PER_SECOND = 300;
const YEAR_MS = 365 * 86_400_000;

function seed(dataDir: string): void {
  const database = new DatabaseSync(join(dataDir, 'waybill.db'), { timeout: 30_000 });
  const { id } = database.prepare('select id from workspaces').get() as { id: number };
  const insert = database.prepare(
    `insert into hits (epoch, seq, workspace_id, delivery_id, message_id, kind, at, method, headers, mode)
     values ('bench', ?, ?, 'd', 'm', 'open', ?, 'GET', ?, 'full')`,
  );
  const headers = JSON.stringify({ 'user-agent': 'x'.repeat(120), accept: 'image/*' });
  const then = Date.now() - YEAR_MS;
  database.exec('begin');
  for (let n = 0; n < HITS; n++) insert.run(n, id, then + n, headers);
  database.exec('update workspaces set hit_retention_days = 30; commit');
  database.close();
}

function remaining(dataDir: string): number {
  const database = new DatabaseSync(join(dataDir, 'waybill.db'), { readOnly: true });
  const { n } = database.prepare("select count(*) as n from hits where epoch = 'bench'").get() as {
    n: number;
  };
  database.close();
  return n;
}

function line(name: string, load: HitLoad): string {
  const latencies = load.latencies();
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => percentile(latencies, share).toFixed(1));
  return `${name.padEnd(14)}${latencies.length} pixels: p50 ${p50} ms, p99 ${p99} ms, longest ${most} ms\n`;
}

await using directory = await temporaryDirectory();
const server = await startServer(directory.path);
try {
  const urls = await snippetPixels(server, 50);
  const load = () => new HitLoad({ urls, ledger: newLedger(), perSecond: PER_SECOND, name: 'bench' });
  seed(directory.path);
  const before = load();
  await sleep(8_000);
  await before.stop();
  process.stdout.write(line('before', before));
  // The first housekeeping comes half a minute after the start.
  await eventually('the purge begins', async () => remaining(directory.path) < HITS, 60_000);
  const startedAt = performance.now();
  const during = load();
  await eventually('the purge ends', async () => remaining(directory.path) === 0, 180_000);
  const seconds = (performance.now() - startedAt) / 1_000;
  await during.stop();
  process.stdout.write(line('while purging', during));
  process.stdout.write(`${HITS} hits deleted in ${seconds.toFixed(1)} s (${Math.round(HITS / seconds)}/s)\n`);
} finally {
  await server.stop();
}
