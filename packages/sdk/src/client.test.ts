import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { WaybillClient, WaybillError } from './index.ts';

interface Served {
  client: WaybillClient;
  url: string;
  requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
}

async function serve(
  t: TestContext,
  answer: (response: ServerResponse, count: number, request: IncomingMessage) => void,
): Promise<Served> {
  const requests: Served['requests'] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      answer(response, requests.length, request);
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { client: new WaybillClient({ url, apiKey: 'key', timeoutMs: 5_000 }), url, requests };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function eventStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
}

function event(position: number): string {
  return `id: ${position}\ndata: ${JSON.stringify({ position: String(position), type: 'opened' })}\n\n`;
}

test('calls go to their route, with the key, and give the answer', async (t) => {
  const { client, requests } = await serve(t, (response) => json(response, 200, { ok: true }));
  const mail = { from: 'a@example.org', to: ['b@example.org'], subject: 's', text: 't', send: true };
  await client.createMessage(mail, { idempotencyKey: 'once' });
  await client.markSent('m/1');
  await client.messages({ query: 'a b', limit: 5 });
  await client.message('m1');
  assert.deepEqual(await client.delivery('wb 1'), { ok: true });
  await client.deliveryEvents('wb 1', { cursor: 'c', limit: 9 });
  await client.events({ before: '9' });
  assert.deepEqual(
    requests.map(({ method, url }) => `${method} ${url}`),
    [
      'POST /api/v1/messages',
      'POST /api/v1/messages/m%2F1/sent',
      'GET /api/v1/messages?query=a+b&limit=5',
      'GET /api/v1/messages/m1',
      'GET /api/v1/deliveries/wb%201',
      'GET /api/v1/deliveries/wb%201/events?cursor=c&limit=9',
      'GET /api/v1/events?before=9',
    ],
  );
  assert.ok(requests.every(({ headers }) => headers.authorization === 'Bearer key'));
  assert.equal(requests[0]?.headers['idempotency-key'], 'once');
  assert.deepEqual(JSON.parse(requests[0]?.body ?? ''), mail);
});

test('a path in the base address is kept', async (t) => {
  const { url, requests } = await serve(t, (response) => json(response, 200, {}));
  await new WaybillClient({ url: `${url}/mail`, apiKey: 'key' }).message('1');
  assert.equal(requests[0]?.url, '/mail/api/v1/messages/1');
});

test('a problem document becomes an error that carries it', async (t) => {
  const problem = {
    type: 'about:blank',
    title: 'Invalid input',
    status: 422,
    detail: 'to is missing',
    code: 'invalid-input',
    errors: [{ field: 'to', message: 'is missing' }],
  };
  const { client } = await serve(t, (response) => json(response, 422, problem));
  await assert.rejects(client.message('1'), (error) => {
    assert.ok(error instanceof WaybillError);
    assert.deepEqual(error.problem, problem);
    assert.deepEqual([error.code, error.status, error.message], ['invalid-input', 422, 'to is missing']);
    return true;
  });
});

test('an answer of something else than Waybill is told apart', async (t) => {
  const { client } = await serve(t, (response) => response.writeHead(502).end('<html>Bad gateway'));
  await assert.rejects(client.message('1'), { code: 'unexpected', status: 502 });
});

test('no server is an error of its own, and so is one that does not answer', async (t) => {
  const { url } = await serve(t, () => {});
  const waiting = new WaybillClient({ url, apiKey: 'key', timeoutMs: 50 });
  await assert.rejects(waiting.message('1'), { code: 'unreachable', message: /did not answer in time/ });
  const nobody = new WaybillClient({ url: 'http://127.0.0.1:1', apiKey: 'key' });
  await assert.rejects(nobody.message('1'), { code: 'unreachable', status: 0 });
});

test('a stream resumes where it broke off, without a gap or a repetition', async (t) => {
  const { client, requests } = await serve(t, (response, count) => {
    if (count === 3) return json(response, 503, {});
    eventStream(response);
    if (count === 1)
      response.write(`retry: 10\n\n${event(1)}${event(2)}id: 3\ndata: {"posi`, () => response.destroy());
    else if (count === 2) response.end(event(3));
    else response.write(`: still here\n\n${event(4)}`);
    return undefined;
  });
  const seen: string[] = [];
  const retries: string[] = [];
  const onRetry = (error: WaybillError): number => retries.push(error.code);
  for await (const { position } of client.stream({ lastEventId: '0', onRetry })) {
    seen.push(position);
    if (position === '4') break;
  }
  assert.deepEqual(seen, ['1', '2', '3', '4']);
  assert.deepEqual(
    requests.map(({ headers }) => headers['last-event-id']),
    ['0', '2', '3', '3'],
  );
  assert.equal(retries.length, 3);
});

test('a stream ends quietly when told to, and hangs up', async (t) => {
  const closed = Promise.withResolvers<void>();
  const { client } = await serve(t, (response) => {
    eventStream(response);
    response.write(event(1));
    response.on('close', () => closed.resolve());
  });
  const end = new AbortController();
  for await (const { position } of client.stream({ signal: end.signal })) {
    assert.equal(position, '1');
    end.abort();
  }
  await closed.promise;
});

test('a stream that is refused ends with the problem', async (t) => {
  const problem = {
    type: 'about:blank',
    title: 'x',
    status: 401,
    detail: 'no such key',
    code: 'unauthenticated',
  };
  const { client, requests } = await serve(t, (response) => json(response, 401, problem));
  await assert.rejects(client.stream().next(), { code: 'unauthenticated' });
  assert.equal(requests.length, 1);
});

test('what is no event stream is not waited for', async (t) => {
  const { client } = await serve(t, (response) => json(response, 200, {}));
  await assert.rejects(client.stream().next(), { code: 'unexpected' });
});
