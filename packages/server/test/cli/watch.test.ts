import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import type { StreamEvent } from '@waybill/sdk';
import '../support/utc.ts';
import { run } from '../../src/cli/watch.ts';
import { capturedIo, type CapturedIo } from '../support/captured-io.ts';
import { eventually } from '../support/server.ts';
import { apiServer, json, problem } from './api-server.ts';

function event(position: number, changes: Partial<StreamEvent> = {}): StreamEvent {
  return {
    position: String(position),
    at: '2026-11-23T14:02:07.000Z',
    type: 'opened',
    actor: 'human',
    confidence: 0.95,
    place: { grain: 'city', city: 'Berlin', country: 'DE' },
    trackingNumber: 'WB-7K3M-9QXD-2F4T',
    messageId: 'm',
    subject: 'Offer',
    recipient: 'ann@example.org',
    verdict: { state: 'read', confidence: 0.95, reasons: [], settled: true },
    ...changes,
  };
}

function wire(each: StreamEvent): string {
  return `id: ${each.position}\ndata: ${JSON.stringify(each)}\n\n`;
}

/** A server whose n-th stream connection is answered by the n-th function, the last one again and again. */
async function streaming(
  t: TestContext,
  connections: ((response: ServerResponse) => void)[],
): Promise<Awaited<ReturnType<typeof apiServer>>> {
  let count = 0;
  return apiServer(t, {
    'GET /api/v1/events': (response) => json(response, 200, { items: [], nextCursor: null }),
    'GET /api/v1/events/stream': (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 10\n\n');
      connections[Math.min(count, connections.length - 1)]?.(response);
      count += 1;
    },
  });
}

/** Ctrl-C, when so many lines were written. */
async function interruptedAfter<T>(
  lines: number,
  running: Promise<T>,
  io: CapturedIo,
  interrupted: AbortController,
): Promise<T> {
  await eventually(`${lines} lines`, async () => io.out().split('\n').length > lines);
  interrupted.abort();
  return running;
}

const lastIds = (requests: { route: string; headers: Record<string, unknown> }[]): unknown[] =>
  requests.filter(({ route }) => route.endsWith('/stream')).map(({ headers }) => headers['last-event-id']);

test('each event is one calm line, across a lost connection, until Ctrl-C', async (t) => {
  const interrupted = new AbortController();
  const { url, requests } = await streaming(t, [
    (response) => response.write(wire(event(1)), () => response.destroy()),
    (response) => {
      response.write(
        wire(event(2, { type: 'clicked', actor: 'scanner', link: 'https://x.example/\u001b[31m' })),
      );
    },
  ]);
  const io = capturedIo({ url, apiKey: 'key' }, { signal: interrupted.signal });
  assert.equal(await interruptedAfter(2, run(['--since', '0'], io), io, interrupted), 0);
  const [first, second, ...rest] = io.out().split('\n');
  assert.match(
    first ?? '',
    /^\d\d:02:07 {2}WB-7K3M-9QXD-2F4T {2}ann@example\.org {2}opened by a person · Berlin, Germany {2}"Offer"$/,
  );
  assert.match(
    second ?? '',
    /link followed by a security scanner · Berlin, Germany · https:\/\/x\.example\/ \[31m {2}"Offer"$/,
  );
  assert.deepEqual(rest, ['']);
  assert.deepEqual(lastIds(requests), ['0', '1']);
  assert.match(io.err(), /the connection is lost .*trying again in \d+ s\n$/);
});

test('--json gives the events as they came', async (t) => {
  const interrupted = new AbortController();
  const { url, requests } = await streaming(t, [
    (response) => {
      response.write(wire(event(7)) + wire(event(8)));
    },
  ]);
  const io = capturedIo({ url, apiKey: 'key' }, { signal: interrupted.signal });
  assert.equal(await interruptedAfter(2, run(['--json'], io), io, interrupted), 0);
  const lines = io.out().trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    [event(7), event(8)],
  );
  assert.deepEqual(lastIds(requests), [undefined]);
});

test('it ends quietly when its output is closed', async (t) => {
  const { url } = await streaming(t, [(response) => void response.write(wire(event(1)))]);
  const closed = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const io = { ...capturedIo({ url, apiKey: 'key' }), stdout: closed };
  assert.equal(await run([], io), 0);
});

test('a server that was never there, and a wrong key, are errors at once', async (t) => {
  const nobody = capturedIo({ url: 'http://127.0.0.1:1', apiKey: 'key' });
  assert.equal(await run([], nobody), 1);
  assert.match(nobody.err(), /cannot be reached .*npm start/);
  const { url } = await apiServer(t, {
    'GET /api/v1/events': (response) =>
      problem(response, { status: 401, code: 'unauthenticated', detail: 'No key is like this.' }),
  });
  const wrong = capturedIo({ url, apiKey: 'wrong' });
  assert.equal(await run([], wrong), 1);
  assert.match(wrong.err(), /does not know the key/);
});
