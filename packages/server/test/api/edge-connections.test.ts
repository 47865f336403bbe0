import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkspaceId } from '../../src/kernel/ids.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import {
  DenySet,
  Keyring,
  linkUrl,
  pixelUrl,
  startEdge,
  type Edge,
  type Hit,
  type HitLog,
} from '../../src/tracking/tracking.ts';
import { eventually } from '../support/server.ts';

/** The edge on raw sockets: what it answers to bytes, however they arrive. */

const keyring = new Keyring(new Map([[1, new Uint8Array(32).fill(1)]]));
const claims = {
  workspaceId: 7 as WorkspaceId,
  subject: 'ab'.repeat(16),
  linkIndex: 0,
  mode: 'full' as const,
};
const PIXEL = pixelUrl(keyring, '', claims);
const LINK = linkUrl(keyring, '', { ...claims, linkIndex: 1 }, 'https://example.org/');

/** A log that keeps hits in memory and confirms them when it is told to. */
class GatedLog implements HitLog {
  readonly hits: Hit[] = [];
  gate: Promise<void> = Promise.resolve();
  append(hit: Hit): Promise<void> {
    this.hits.push(hit);
    return this.gate;
  }
  status() {
    return { ready: true, commits: this.hits.length };
  }
  async close(): Promise<void> {}
}

interface Running extends AsyncDisposable {
  edge: Edge;
  log: GatedLog;
  open(): Promise<Client>;
}

interface Client {
  socket: Socket;
  /** All that came so far, in Latin-1. */
  text(): string;
  /** Waits until `text` has so many answers. */
  answers(count: number): Promise<string[]>;
  closed: Promise<unknown>;
}

async function run(trustedProxies: string[] = []): Promise<Running> {
  const log = new GatedLog();
  const edge = await startEdge({
    listen: { host: '127.0.0.1', port: 0 },
    keyring,
    hitLog: log,
    denySet: new DenySet(),
    trustedProxies,
    backendUrl: () => undefined,
    // The floods of this file are meant to be counted.
    limits: { repeatsPerMinute: 0 },
    clock: () => 0,
    logger: silentLogger,
  });
  const sockets = new Set<Socket>();
  return {
    edge,
    log,
    open: async () => {
      const socket = connect(edge.address.port, '127.0.0.1').setNoDelay();
      sockets.add(socket);
      await once(socket, 'connect');
      return clientOf(socket);
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await edge.close();
    },
  };
}

function clientOf(socket: Socket): Client {
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => (text += part));
  const closed = once(socket, 'close');
  return {
    socket,
    text: () => text,
    closed,
    answers: async (count) => {
      const deadline = Date.now() + 30_000;
      for (;;) {
        const found = text.split(/(?=HTTP\/1\.1 \d{3} )/).filter((part) => part !== '');
        // The last one may still be on its way.
        if (found.length >= count) {
          await sleep(5);
          return text.split(/(?=HTTP\/1\.1 \d{3} )/);
        }
        assert.ok(Date.now() < deadline, `only ${found.length} of ${count} answers: ${text.slice(0, 500)}`);
        await sleep(2);
      }
    },
  };
}

const get = (target: string, ...fields: string[]): string =>
  [`GET ${target} HTTP/1.1`, 'Host: track.example', 'User-Agent: Mail/1.0', ...fields, '', ''].join('\r\n');
const withoutDate = (answer: string | undefined): string => (answer ?? '').replace(/Date: [^\r]+\r\n/, '');

test('the answers are those of node:http, byte for byte', async () => {
  await using running = await run();
  const forms: ((target: string, ...fields: string[]) => string)[] = [
    get,
    (target, ...fields) => get(target, ...fields).replace('GET', 'HEAD'),
    (target, ...fields) => get(target, 'Connection: close', ...fields),
  ];
  for (const target of [
    PIXEL,
    `${PIXEL}?x`,
    '/o/forged.gif',
    LINK,
    `${LINK}x`,
    '/l/forged?to=https%3A%2F%2Fa.example',
  ]) {
    for (const form of forms) {
      const plain = await running.open();
      plain.socket.write(form(target));
      const [answer] = await plain.answers(1);
      const http = await running.open();
      // A body of no bytes is not ordinary, so node:http reads it.
      http.socket.write(form(target, 'Content-Length: 0'));
      const [expected] = await http.answers(1);
      assert.equal(withoutDate(answer), withoutDate(expected), form(target));
      assert.match(answer ?? '', /\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
    }
  }
});

test('a request that arrives in two parts, cut anywhere, gets the same answer and is recorded once', async () => {
  await using running = await run();
  const bytes = get(PIXEL, 'Accept: image/*');
  const whole = await running.open();
  whole.socket.write(bytes);
  const expected = withoutDate((await whole.answers(1))[0]);
  const cuts = Array.from({ length: bytes.length - 1 }, (_, n) => n + 1);
  for (let from = 0; from < cuts.length; from += 50) {
    await Promise.all(
      cuts.slice(from, from + 50).map(async (cut) => {
        const client = await running.open();
        client.socket.write(bytes.slice(0, cut));
        await sleep(10);
        client.socket.write(bytes.slice(cut));
        assert.equal(withoutDate((await client.answers(1))[0]), expected, `cut at ${cut}`);
        client.socket.destroy();
      }),
    );
  }
  assert.equal(running.log.hits.length, bytes.length);
});

test('requests in one packet are answered in their order, whatever they wait for', async () => {
  await using running = await run();
  const client = await running.open();
  const { promise, resolve } = Promise.withResolvers<void>();
  running.log.gate = promise;
  const targets = [PIXEL, '/o/forged.gif', LINK, '/l/forged', PIXEL, '/healthz', '/readyz', LINK];
  client.socket.write(targets.map((target) => get(target)).join(''));
  await eventually('the first ones are read', async () => running.log.hits.length >= 3);
  await sleep(50);
  assert.equal(client.text(), '', 'not even the forged one overtakes');
  assert.equal(running.log.hits.length, 3, 'what node:http has to read waits for what comes before it');
  resolve();
  const answers = await client.answers(targets.length);
  assert.deepEqual(
    answers.map((answer) => answer.slice(9, 12)),
    ['200', '200', '302', '404', '200', '200', '200', '302'],
  );
  assert.equal(running.log.hits.length, 4);
});

test('many requests in one packet are all answered, and none is read twice', async () => {
  await using running = await run();
  const client = await running.open();
  client.socket.write(get(PIXEL).repeat(1_000));
  assert.equal((await client.answers(1_000)).length, 1_000);
  assert.equal(running.log.hits.length, 1_000);
});

test('a client that does not read its answers is not read either', async () => {
  await using running = await run();
  const client = await running.open();
  client.socket.pause();
  const flood = Buffer.from(get(PIXEL).repeat(1_000));
  let isTaken = true;
  for (let n = 0; n < 400 && isTaken; n++) {
    isTaken = await Promise.race([
      new Promise<boolean>((resolve) => void client.socket.write(flood, () => resolve(true))),
      sleep(1_000, false),
    ]);
  }
  assert.equal(isTaken, false, 'the flood went on');
  let before = -1;
  while (before !== running.log.hits.length) {
    before = running.log.hits.length;
    await sleep(500);
  }
  const other = await running.open();
  other.socket.write(get(PIXEL));
  await other.answers(1);
  assert.equal(running.log.hits.length, before + 1, 'others are served, the flood is not');
});

test('after `Connection: close` nothing more is read, and the connection ends', async () => {
  await using running = await run();
  const client = await running.open();
  client.socket.write(get(PIXEL, 'Connection: close') + get(PIXEL));
  await client.closed;
  assert.equal(client.text().split('HTTP/1.1 ').length, 2);
  assert.match(client.text(), /\r\nConnection: close\r\n/);
  assert.equal(running.log.hits.length, 1);
});

test('a client that ends its side still gets what it is owed', async () => {
  await using running = await run();
  const { promise, resolve } = Promise.withResolvers<void>();
  running.log.gate = promise;
  const client = await running.open();
  client.socket.end(get(PIXEL) + get(LINK));
  await sleep(50);
  resolve();
  await client.closed;
  assert.equal(client.text().split('HTTP/1.1 ').length, 3);
});

test('a client that ends its side is answered whatever it asked, and however much', async () => {
  await using running = await run();
  const { promise, resolve } = Promise.withResolvers<void>();
  running.log.gate = promise;
  const requests: [string, number][] = [
    [`GET ${PIXEL} HTTP/1.0\r\n\r\n`, 1],
    [`GET http://track.example${PIXEL} HTTP/1.1\r\nHost: track.example\r\n\r\n`, 1],
    [get(PIXEL) + `GET ${LINK} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab` + get(PIXEL), 3],
    [get(PIXEL).repeat(200), 200],
    [get(PIXEL).repeat(100) + `GET ${PIXEL} HTTP/1.0\r\n\r\n`, 101],
  ];
  const clients = await Promise.all(requests.map(() => running.open()));
  for (const [n, client] of clients.entries()) client.socket.end(requests[n]?.[0] ?? '');
  await sleep(100);
  resolve();
  for (const [n, client] of clients.entries()) {
    await client.closed;
    assert.equal(client.text().split('HTTP/1.1 ').length - 1, requests[n]?.[1], `client ${n}`);
  }
  assert.equal(
    running.log.hits.length,
    requests.reduce((sum, [, count]) => sum + count, 0),
  );
});

test('a client that never reads its answers does not hold up the end', async () => {
  await using running = await run();
  const client = await running.open();
  client.socket.pause();
  // In pieces that are read at once, so that no request is cut in two and left to `node:http`.
  let isTaken = true;
  for (let n = 1; n <= 200 && isTaken; n++) {
    client.socket.write(get(PIXEL).repeat(300));
    const deadline = Date.now() + 1_000;
    while (running.log.hits.length < n * 300 && Date.now() < deadline) await sleep(2);
    isTaken = running.log.hits.length === n * 300;
  }
  assert.equal(isTaken, false, 'its answers fit into the system’s buffers');
  const began = performance.now();
  await running.edge.close();
  assert.ok(performance.now() - began < 15_000);
});

test('draining finishes what is owed on every connection, says that it closes, and takes under five seconds', async () => {
  await using running = await run();
  const { promise, resolve } = Promise.withResolvers<void>();
  running.log.gate = promise;
  const busy = await running.open();
  busy.socket.write(get(PIXEL) + get(PIXEL));
  const idle = await running.open();
  await eventually('both are read', async () => running.log.hits.length === 2);
  const began = performance.now();
  const closing = running.edge.close();
  await idle.closed;
  resolve();
  await busy.closed;
  await closing;
  assert.ok(performance.now() - began < 5_000);
  const answers = await busy.answers(2);
  assert.match(answers[1] ?? '', /\r\nConnection: close\r\n/);
});

test('broken HTTP gets a 400 and no answer of ours, also behind good requests', async () => {
  await using running = await run();
  const bad = [
    'GET /o/a.gif HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
    'GET /o/a.gif HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
    'GET /o/a.gif HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n',
    'GET /o/a.gif HTTP/1.1\r\n\r\n',
    `GET ${PIXEL} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`,
    'GET /o/a.gif HTTP/9.9\r\nHost: a\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001',
  ];
  for (const text of bad) {
    for (const before of ['', get(PIXEL)]) {
      const client = await running.open();
      client.socket.write(Buffer.from(before + text, 'latin1'));
      await client.closed;
      const last =
        client
          .text()
          .split(/(?=HTTP\/1\.1 )/)
          .at(-1) ?? '';
      assert.match(last, /^HTTP\/1\.1 400 /, JSON.stringify(text));
    }
  }
  assert.equal(running.log.hits.length, bad.length);
});

test('the address of a trusted proxy is not the reader’s, on a kept connection as well', async () => {
  await using running = await run(['127.0.0.1']);
  const client = await running.open();
  for (const [n, address] of ['203.0.113.1', '203.0.113.2'].entries()) {
    client.socket.write(get(PIXEL, `X-Forwarded-For: ${address}`));
    await client.answers(n + 1);
  }
  client.socket.write(get(PIXEL));
  await client.answers(3);
  assert.deepEqual(
    running.log.hits.map(({ ip }) => ip),
    ['203.0.113.1', '203.0.113.2', '127.0.0.1'],
  );
});
