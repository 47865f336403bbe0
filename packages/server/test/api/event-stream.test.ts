import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamEvent } from '@waybill/sdk';
import { signedIn, startApi, type ApiServer } from '../support/api-server.ts';
import { eventually } from '../support/server.ts';

interface Stream {
  events: StreamEvent[];
  ids: string[];
  ended: Promise<void>;
  close(): void;
}

/** Opens a stream and collects what comes. */
async function open(
  t: TestContext,
  server: ApiServer,
  headers: Record<string, string> = {},
  key?: string,
): Promise<Stream> {
  const controller = new AbortController();
  t.after(() => controller.abort());
  const answer = await server.fetch('/api/v1/events/stream', {
    headers,
    signal: controller.signal,
    ...(key === undefined ? {} : { key }),
  });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/event-stream/);
  const stream: Stream = { events: [], ids: [], ended: Promise.resolve(), close: () => controller.abort() };
  stream.ended = collect(answer, stream).catch(() => {});
  return stream;
}

async function collect(answer: Response, stream: Stream): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const match = /^id: (\d+)\ndata: (.+)$/.exec(block);
      assert.doesNotMatch(block, /^event:/m);
      if (match?.[1] === undefined || match[2] === undefined) continue;
      stream.ids.push(match[1]);
      stream.events.push(JSON.parse(match[2]) as StreamEvent);
    }
  }
}

const until = (what: string, isTrue: () => boolean): Promise<true> => eventually(what, async () => isTrue());

test('a stream begins now and shows each event as it comes', async (t) => {
  const server = await startApi(t);
  const [delivery] = await server.seed(server.tenant);
  assert.ok(delivery !== undefined);
  const stream = await open(t, server);
  await server.addEvent(delivery, { actor: 'human', ip: '198.51.100.7' });
  await until('the event', () => stream.events.length === 1);
  const [event] = stream.events;
  assert.equal(event?.type, 'opened');
  assert.equal(event?.trackingNumber, delivery.trackingNumber);
  assert.equal(event?.subject, 'The offer');
  assert.equal(event?.verdict.state, 'queued');
  assert.equal(event?.position, stream.ids[0]);
});

test('a stream goes on after the last event that was seen, with none lost and none twice', async (t) => {
  const server = await startApi(t);
  const [delivery] = await server.seed(server.tenant);
  assert.ok(delivery !== undefined);
  const first = await open(t, server);
  for (let n = 0; n < 5; n += 1) await server.addEvent(delivery);
  await until('five events', () => first.events.length === 5);
  first.close();
  for (let n = 0; n < 350; n += 1) await server.addEvent(delivery);
  const second = await open(t, server, { 'last-event-id': first.ids[2] ?? '' });
  await server.addEvent(delivery);
  await until('the rest', () => second.events.length === 353);
  const ids = [...first.ids.slice(0, 3), ...second.ids].map(Number);
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(ids).size, 356);
});

test('many streams show everything, and share the work', async (t) => {
  let reads = 0;
  const server = await startApi(t);
  const original = server.stats.eventsSince.bind(server.stats);
  server.stats.eventsSince = (...given) => {
    reads += 1;
    return original(...given);
  };
  const [delivery] = await server.seed(server.tenant);
  assert.ok(delivery !== undefined);
  const streams = await Promise.all(Array.from({ length: 60 }, () => open(t, server)));
  await sleep(50);
  reads = 0;
  for (let n = 0; n < 20; n += 1) await server.addEvent(delivery);
  await until('all events everywhere', () => streams.every(({ events }) => events.length === 20));
  assert.ok(reads < 60 * 20, `${reads} reads`);
});

test('a position that is none is refused', async (t) => {
  const server = await startApi(t);
  const answer = await server.fetch('/api/v1/events/stream', { headers: { 'last-event-id': 'x' } });
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /Last-Event-ID/);
});

test('a position from before a restore is set back to what is there', async (t) => {
  const server = await startApi(t);
  const [delivery] = await server.seed(server.tenant);
  assert.ok(delivery !== undefined);
  const stream = await open(t, server, { 'last-event-id': '99999' });
  await server.addEvent(delivery);
  await until('the new event', () => stream.events.length === 1);
});

test('a stream ends when its session signs out, its key is revoked, or the server closes', async (t) => {
  const server = await startApi(t);
  const cookie = await signedIn(server);
  const bySession = await open(t, server, { cookie }, '');
  const key = await server.accounts.secrets.createApiKey(server.tenant.workspaceId, 'watch');
  const byKey = await open(t, server, {}, key.secret);
  const other = await open(t, server);
  await server.fetch('/api/v1/session', {
    method: 'DELETE',
    key: '',
    headers: { cookie, 'sec-fetch-site': 'same-origin' },
  });
  await bySession.ended;
  await server.fetch(`/api/v1/api-keys/${key.id}`, { method: 'DELETE' });
  await byKey.ended;
  await server.api.close();
  await other.ended;
});

test('a client that does not read holds back nobody else, and its connection is kept for a while', async (t) => {
  const server = await startApi(t);
  const [delivery] = await server.seed(server.tenant, { subject: 'x'.repeat(800) });
  assert.ok(delivery !== undefined);
  const { port } = new URL(server.url);
  const slow = connect(Number(port), '127.0.0.1');
  t.after(() => slow.destroy());
  slow.pause();
  slow.write(
    `GET /api/v1/events/stream?lastEventId=0 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.tenant.apiKey}\r\n\r\n`,
  );
  const quick = await open(t, server);
  for (let n = 0; n < 300; n += 1) await server.addEvent(delivery, { link: 'y'.repeat(20_000) });
  await until('all events for the quick one', () => quick.events.length === 300);
  const queued = await new Promise<number>((resolve) => {
    server.api.fastify.server.getConnections((_error, count) => resolve(count));
  });
  assert.ok(queued >= 2);
});
