import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { hitUntil, newLedger } from '../support/ledger.ts';
import { metricsOf } from '../support/metrics.ts';
import { usePostgres } from '../support/postgres.ts';
import { eventually, startServer } from '../support/server.ts';
import { snippetPixels } from '../support/snippet.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const postgres = usePostgres();

/** The way to the database, which can be cut. */
async function startWay(socketPath: string) {
  const open = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(socketPath);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    isCut = true;
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    mend: () => (isCut = false),
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

test(
  'while the database server is away, hits are answered, and the metrics say what waits and for how long',
  { skip: postgres.skip },
  async () => {
    await using directory = await temporaryDirectory();
    const url = new URL(await postgres.createDatabase());
    const way = await startWay(join(url.searchParams.get('host') ?? '', '.s.PGSQL.5432'));
    const server = await startServer(directory.path, {
      WAYBILL_DATABASE_URL: `postgres://${url.username}@127.0.0.1:${way.port}${url.pathname}`,
      WAYBILL_IMAP_ACCOUNTS: 'imaps://ann:secret@127.0.0.1:1/?address=ann@example.org',
      WAYBILL_LOG_LEVEL: 'silent',
    });
    try {
      const pixels = await snippetPixels(server, 3);
      const sample = async (name: string): Promise<number> =>
        (await metricsOf(server)).get(name) ?? Number.NaN;
      way.cut();
      await hitUntil(new AbortController().signal, 'away', pixels, newLedger(), 12);
      await eventually('they wait, visibly', async () => (await sample('waybill_hit_backlog')) === 12);
      await eventually(
        'for longer and longer',
        async () => (await sample('waybill_hit_lag_seconds')) > 1.5,
        60_000,
      );
      assert.ok((await sample('waybill_hit_batch_failures_total')) > 0);
      assert.equal((await fetch(`${server.url}/metrics`)).status, 200);
      assert.equal((await fetch(`${server.edgeUrl}/readyz`)).status, 200, 'the edge needs no database');
      assert.equal((await fetch(`${server.url}/readyz`)).status, 503);
      way.mend();
      await eventually(
        'all are on their timelines',
        async () => {
          const samples = await metricsOf(server);
          return (
            samples.get('waybill_hits_processed_total') === 12 &&
            samples.get('waybill_hit_backlog') === 0 &&
            samples.get('waybill_hit_lag_seconds') === 0
          );
        },
        60_000,
      );
    } finally {
      await server.stop();
      await way.close();
    }
  },
);
