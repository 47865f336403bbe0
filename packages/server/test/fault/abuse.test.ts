import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HitLoad, percentile } from '../support/hit-load.ts';
import { balance, newLedger, storedAgents } from '../support/ledger.ts';
import { isLong, shortOrLong } from '../support/long-form.ts';
import { metricOf } from '../support/metrics.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { snippetPixels } from '../support/snippet.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const SLOW_CROWD = fileURLToPath(new URL('../support/slow-crowd-program.ts', import.meta.url));
const CROWD = shortOrLong(1_000, 10_000);
/** On a machine of its own; beside other tests only that it goes on. */
const P99_MS = shortOrLong(2_000, 100);

async function withServer(
  settings: Record<string, string>,
  work: (server: RunningServer, dataDir: string) => Promise<void>,
): Promise<void> {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path, settings);
  try {
    await work(server, directory.path);
  } finally {
    await server.stop();
  }
}

/** Connections that say something and then wait. What comes back is kept. */
async function crowd(
  server: RunningServer,
  count: number,
  text: string,
): Promise<{ socket: Socket; said: string }[]> {
  const { hostname, port } = new URL(server.edgeUrl);
  const all: { socket: Socket; said: string }[] = [];
  while (all.length < count) {
    const some = Array.from({ length: Math.min(100, count - all.length) }, async () => {
      const one = { socket: connect(Number(port), hostname), said: '' };
      one.socket.on('error', () => {}).setEncoding('latin1');
      one.socket.on('data', (part: string) => (one.said += part));
      await once(one.socket, 'connect');
      one.socket.write(text);
      return one;
    });
    all.push(...(await Promise.all(some)));
  }
  return all;
}

function end(sockets: readonly { socket: Socket }[]): void {
  for (const { socket } of sockets) socket.destroy();
}

test('a flood of one source on one image is answered, recorded up to its share, and counted; others are not touched', () =>
  withServer(
    { WAYBILL_EDGE_REPEATS_PER_MINUTE: '60', WAYBILL_TRUSTED_PROXIES: '127.0.0.1' },
    async (server, dataDir) => {
      const [pixel = '', other = ''] = await snippetPixels(server, 2);
      const load = async (url: string, agent: string): Promise<void> => {
        const answer = await fetch(url, {
          headers: { 'user-agent': agent, 'x-forwarded-for': '203.0.113.9' },
        });
        assert.equal((await answer.arrayBuffer()).byteLength, 43);
      };
      for (let n = 0; n < 20; n++)
        await Promise.all(Array.from({ length: 30 }, () => load(pixel, 'flood/1')));
      await load(other, 'flood/1');
      await load(pixel, 'reader/1');
      const counts = await eventually('all requests are counted', async () => {
        const [hits, repeated] = await Promise.all(
          ['hits', 'repeated'].map((name) => metricOf(server, `waybill_edge_${name}_total`)),
        );
        return (hits ?? 0) + (repeated ?? 0) === 602 && { hits: hits ?? 0, repeated: repeated ?? 0 };
      });
      assert.ok(counts.hits >= 302 && counts.hits < 400, `${counts.hits} hits were recorded`);
      await eventually(
        'what was recorded is stored',
        async () => storedAgents(dataDir).length === counts.hits,
      );
      assert.ok(storedAgents(dataDir).includes('reader/1'));
    },
  ));

test('a full house: idle connections make room, and when there are none a newcomer is told so', () =>
  withServer(
    { WAYBILL_EDGE_MAX_CONNECTIONS: '50', WAYBILL_EDGE_HEAD_TIMEOUT_SECONDS: '8' },
    async (server) => {
      const [pixel = ''] = await snippetPixels(server, 1);
      const request = `GET ${new URL(pixel).pathname} HTTP/1.1\r\nHost: x\r\n`;
      const idle = await crowd(server, 50, `${request}\r\n`);
      await eventually('all are served', async () => idle.every(({ said }) => said.includes('GIF89a')));
      await eventually('it is full', async () => (await metricOf(server, 'waybill_edge_connections')) === 50);
      const [late] = await crowd(server, 1, `${request}\r\n`);
      await eventually('one more is served', async () => late?.said.includes('GIF89a') === true);
      end([...idle, ...(late === undefined ? [] : [late])]);

      await eventually(
        'they are gone',
        async () => (await metricOf(server, 'waybill_edge_connections')) === 0,
      );
      const slow = await crowd(server, 50, request);
      // Told once a second: by then each has said its half request, and none is idle any more.
      await eventually(
        'they are there',
        async () => (await metricOf(server, 'waybill_edge_connections')) === 50,
      );
      const refused = await eventually('a newcomer is sent away', async () => {
        const [one] = await crowd(server, 1, `${request}\r\n`);
        return one !== undefined && (await eventually('it hears why', async () => one.said !== '')) && one;
      });
      assert.match(refused.said, /^HTTP\/1\.1 503 .*Retry-After: \d+\r\n.*Connection: close\r\n.*Try again/s);
      await eventually(
        'the slow ones are cut off, with words',
        async () => slow.every(({ socket }) => socket.destroyed),
        40_000,
      );
      assert.ok(
        slow.every(({ said }) => said.startsWith('HTTP/1.1 408 ')),
        slow[0]?.said ?? '',
      );
      await eventually('there is room again', async () => (await fetch(pixel)).status === 200);
      assert.ok((await metricOf(server, 'waybill_edge_refused_connections_total')) > 0);
      end(slow);
    },
  ));

test('whoever connects and says nothing is cut off in time', () =>
  withServer({ WAYBILL_EDGE_HEAD_TIMEOUT_SECONDS: '1' }, async (server) => {
    const mute = await crowd(server, 20, '');
    await eventually('they are cut off', async () => mute.every(({ socket }) => socket.destroyed), 30_000);
    assert.deepEqual(
      mute.filter(({ said }) => said !== '' && !said.startsWith('HTTP/1.1 408 ')),
      [],
    );
    end(mute);
  }));

test('heads and addresses beyond the limit are refused before they are whole', () =>
  withServer({ WAYBILL_EDGE_MAX_HEAD_BYTES: '8192' }, async (server) => {
    const tooLong = await crowd(server, 1, `GET /o/x.gif?${'x'.repeat(9_000)}`);
    const tooMany = await crowd(
      server,
      1,
      `GET /o/x.gif HTTP/1.1\r\nHost: x\r\n${'X-A: 1234567890\r\n'.repeat(900)}`,
    );
    for (const [name, [one]] of Object.entries({ tooLong, tooMany })) {
      await eventually(`${name} is refused`, async () => one?.said.startsWith('HTTP/1.1 431 ') === true);
    }
    end([...tooLong, ...tooMany]);
  }));

test(`${CROWD} idle or silent connections and ${CROWD / 2} that say their request a byte at a time: others are served`, (t) =>
  withServer({}, async (server, dataDir) => {
    const urls = await snippetPixels(server, 20);
    const { port, pathname } = new URL(urls[0] ?? '');
    const attack = spawn(process.execPath, [SLOW_CROWD, port, pathname, String(CROWD / 2)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(attack.stdout, 'data');
      const ledger = newLedger();
      const load = new HitLoad({ urls, ledger, perSecond: 200, name: 'others' });
      await sleep(isLong ? 20_000 : 3_000);
      await load.stop();
      const open = await metricOf(server, 'waybill_edge_connections');
      const { failed, answered } = load.counts;
      const [p50 = 0, p99 = 0] = [0.5, 0.99].map((share) => percentile(load.latencies(), share));
      assert.ok(open > CROWD / 2, `only ${open} connections were there`);
      assert.equal(failed, 0);
      assert.ok(p99 < P99_MS, `p50 is ${p50} ms, p99 ${p99} ms`);
      await eventually(
        'their hits are stored',
        async () => balance(dataDir, ledger).lost.length === 0,
        30_000,
      );
      t.diagnostic(
        `${answered} others served beside ${open} connections, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
      );
    } finally {
      attack.kill('SIGKILL');
      await once(attack, 'close');
    }
  }));
