import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkspaceId } from '../../src/kernel/ids.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import { openLocalHitLog } from '../../src/storage/local-hit-log.ts';
import { LocalHitSource } from '../../src/storage/local-hit-source.ts';
import {
  DenySet,
  Keyring,
  linkUrl,
  pageUrl,
  pixelUrl,
  startEdge,
  trapUrl,
  type Edge,
  type HitLog,
  type LoggedHit,
  type TokenClaims,
} from '../../src/tracking/tracking.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const NOON = Date.UTC(2026, 10, 23, 12, 34, 56, 789);
const MIDNIGHT = Date.UTC(2026, 10, 23);
const WORKSPACE = 7 as WorkspaceId;
const PRIVATE = 'no-store, private, max-age=0';
const keyring = new Keyring(new Map([[1, new Uint8Array(32).fill(1)]]));
const subject = 'ab'.repeat(16);
const claims: TokenClaims = { workspaceId: WORKSPACE, subject, linkIndex: 0, mode: 'full' };

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  rawHeaders: string[];
  body: Buffer;
}
interface Sent {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string;
  agent?: Agent;
}
interface RunningEdge extends AsyncDisposable {
  edge: Edge;
  denySet: DenySet;
  hits(): Promise<LoggedHit[]>;
  send(path: string, sent?: Sent): Promise<Answer>;
  pixel(changes?: Partial<TokenClaims>): string;
  link(destination: string, changes?: Partial<TokenClaims>): string;
}
interface Settings {
  trustedProxies?: string[];
  backendUrl?: () => string | undefined;
  wrapLog?: (log: HitLog) => HitLog;
}

/** A real edge on a real socket with a real log. */
async function runEdge({
  trustedProxies = [],
  backendUrl = () => undefined,
  wrapLog = (log) => log,
}: Settings = {}): Promise<RunningEdge> {
  const directory = await temporaryDirectory();
  const log = await openLocalHitLog({ directory: directory.path, logger: silentLogger });
  const source = new LocalHitSource(directory.path, silentLogger);
  const release = async (): Promise<void> => {
    await log.close();
    await source.close();
    await directory[Symbol.asyncDispose]();
  };
  const denySet = new DenySet();
  const edge = await startEdge({
    listen: { host: '127.0.0.1', port: 0 },
    keyring,
    hitLog: wrapLog(log),
    denySet,
    trustedProxies,
    backendUrl,
    clock: () => NOON,
    logger: silentLogger,
  }).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  return {
    edge,
    denySet,
    hits: () => source.read(new Map(), 100_000),
    send: (path, sent) => send(edge.address.port, path, sent),
    pixel: (changes) => pixelUrl(keyring, '', { ...claims, ...changes }),
    link: (destination, changes) =>
      linkUrl(keyring, '', { ...claims, linkIndex: 3, ...changes }, destination),
    [Symbol.asyncDispose]: async () => {
      await edge.close();
      await release();
    },
  };
}

/** The path goes out as it is: `fetch` would normalise it. */
function send(
  port: number,
  path: string,
  { method = 'GET', headers, body, agent }: Sent = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers: headers ?? {}, agent: agent ?? false };
    const sending = request(options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body: Buffer.concat(parts),
        }),
      );
    });
    sending.on('error', reject);
    sending.end(body);
  });
}

/** Everything that is on the wire but the time. */
function withoutDate({ status, rawHeaders, body }: Answer): unknown {
  const at = rawHeaders.indexOf('Date');
  return { status, headers: rawHeaders.toSpliced(at, at === -1 ? 0 : 2), body: body.toString('hex') };
}

test('a pixel is a 43-byte GIF that nobody caches, without cookies, and its hit is kept', async () => {
  await using running = await runEdge();
  const answer = await running.send(running.pixel(), {
    headers: {
      'user-agent': 'Mail/1.0',
      accept: 'image/*',
      'accept-language': 'de',
      referer: 'https://user:secret@mail.example/inbox?message=42',
      'sec-ch-ua-platform': '"Linux"',
      'sec-ch-ua-invented': 'x',
      via: 'v'.repeat(2_000),
      cookie: 'a=b',
      authorization: 'Bearer secret',
    },
  });
  assert.equal(answer.status, 200);
  assert.equal(answer.body.length, 43);
  assert.equal(answer.body.subarray(0, 6).toString(), 'GIF89a');
  assert.equal(answer.headers['content-type'], 'image/gif');
  assert.equal(answer.headers['content-length'], '43');
  assert.equal(answer.headers['cache-control'], PRIVATE);
  assert.equal(answer.headers['set-cookie'], undefined);
  const [hit] = await running.hits();
  assert.ok(hit);
  const { epoch, seq, ...rest } = hit;
  assert.match(epoch, /^[0-9a-f]{16}$/);
  assert.equal(seq, 1);
  assert.deepEqual(rest, {
    at: NOON,
    kind: 'open',
    method: 'GET',
    workspaceId: WORKSPACE,
    subject,
    mode: 'full',
    ip: '127.0.0.1',
    headers: {
      'user-agent': 'Mail/1.0',
      accept: 'image/*',
      'accept-language': 'de',
      via: 'v'.repeat(512),
      'sec-ch-ua-platform': '"Linux"',
      referer: 'https://mail.example',
    },
  });
});

test('a forged pixel, a malformed one and one with another spelling get the very same answer and leave no hit', async () => {
  await using running = await runEdge();
  const path = running.pixel();
  const valid = withoutDate(await running.send(path));
  const forged = [
    path.replace(/.\.gif$/, (end) => (end.startsWith('A') ? 'B.gif' : 'A.gif')),
    path.replace('/o/', '/o/%'),
    path.replace('.gif', '=.gif'),
    path.replace('/o/', '/o/%41'),
    running.link('https://example.org/').replace('/l/', '/o/').replace(/\?.*/, '.gif'),
    pageUrl(keyring, '', { workspaceId: WORKSPACE, subject }).replace('/r/', '/o/').concat('.gif'),
    '/o/.gif',
  ];
  for (const each of forged) assert.deepEqual(withoutDate(await running.send(each)), valid, each);
  assert.equal((await running.hits()).length, 1);
  assert.equal(running.edge.metrics().forged, forged.length);
  assert.equal(running.edge.metrics().hits, 1);
});

test('a query on a pixel is ignored, and the absolute form of a target is understood', async () => {
  await using running = await runEdge();
  await running.send(`${running.pixel()}?cache=1`);
  await running.send(`http://track.example${running.pixel()}`);
  assert.equal((await running.hits()).length, 2);
});

test('a fragment, which has no place in a request, is passed over', async () => {
  await using running = await runEdge();
  assert.equal((await running.send(`${running.pixel()}#x`)).body.length, 43);
  const link = await running.send(`${running.link('https://example.org/#y')}#x?y`);
  assert.equal(link.headers.location, 'https://example.org/#y');
  assert.equal((await running.send('/healthz#x')).status, 200);
  assert.equal((await running.hits()).length, 2);
});

test('HEAD is answered like GET without a body and recorded as what it is', async () => {
  await using running = await runEdge();
  const get = await running.send(running.pixel());
  const head = await running.send(running.pixel(), { method: 'HEAD' });
  assert.equal(head.body.length, 0);
  assert.deepEqual(withoutDate({ ...head, body: get.body }), withoutDate(get));
  const link = await running.send(running.link('https://example.org/'), { method: 'HEAD' });
  assert.equal(link.status, 302);
  assert.deepEqual(
    (await running.hits()).map(({ method }) => method),
    ['GET', 'HEAD', 'HEAD'],
  );
});

test('a link leads where it was signed to, to the byte, whatever gateways add', async () => {
  await using running = await runEdge();
  const destination = 'https://example.org/a;b/%7Ec?x=1+2&y=%20&&z#frag=1?2';
  const path = running.link(destination);
  const answer = await running.send(`${path}&utm_source=gateway&to=https%3A%2F%2Fevil.example%2F`);
  assert.equal(answer.status, 302);
  assert.equal(answer.headers.location, destination);
  assert.equal(answer.headers['cache-control'], PRIVATE);
  assert.equal(answer.headers['referrer-policy'], 'no-referrer');
  assert.equal(answer.headers['set-cookie'], undefined);
  assert.equal((await running.send(path.replace('?', '?safe=1&'))).headers.location, destination);
  const [hit] = await running.hits();
  assert.equal(hit?.kind, 'click');
  assert.equal(hit?.linkIndex, 3);
  assert.equal(hit?.url, destination);
});

test('no destination can break out of the Location header', async () => {
  await using running = await runEdge();
  const answer = await running.send(running.link('https://example.org/ä\r\nSet-Cookie: a=b\r\n\r\n<p>'));
  assert.equal(answer.headers.location, 'https://example.org/%C3%A4Set-Cookie:%20a=b%3Cp%3E');
  assert.equal(answer.headers['set-cookie'], undefined);
  assert.equal(answer.body.length, 0);
});

test('an altered, unsigned or missing destination is a kind 404, never a redirect', async () => {
  await using running = await runEdge();
  const path = running.link('https://example.org/');
  const token = path.slice(0, path.indexOf('?'));
  const bad = [
    token,
    `${token}?to=`,
    `${token}?to=https%3A%2F%2Fevil.example%2F`,
    `${path}x`,
    `${token}?to=%zz`,
    path.replace('/l/', '/l/x'),
    `/l/?to=https%3A%2F%2Fevil.example%2F`,
  ];
  for (const each of bad) {
    const answer = await running.send(each);
    assert.equal(answer.status, 404, each);
    assert.equal(answer.headers.location, undefined);
    assert.match(answer.headers['content-type'] ?? '', /^text\/html/);
    assert.match(answer.body.toString(), /not one of ours, or it was altered/);
    assert.doesNotMatch(answer.body.toString(), /evil/);
  }
  assert.deepEqual(await running.hits(), []);
});

test('a trap leads to a page of the edge itself, and its hit is kept as what it is', async () => {
  await using edge = await runEdge();
  const { status, headers } = await edge.send(
    trapUrl(keyring, '', claims).replace('to=', 'to=http%3A%2F%2Fx'),
  );
  assert.equal(status, 404, `an altered destination: ${headers.location}`);
  const trap = new URL(trapUrl(keyring, 'http://track.example', claims));
  const followed = await edge.send(trap.pathname + trap.search);
  assert.deepEqual([followed.status, followed.headers.location], [302, 'http://track.example/l/nowhere']);
  for (const method of ['GET', 'HEAD']) {
    const page = await edge.send('/l/nowhere', { method });
    assert.deepEqual([page.status, page.headers['content-type']], [200, 'text/html; charset=utf-8']);
    assert.equal(page.body.length > 0, method === 'GET');
    assert.equal(page.headers['set-cookie'], undefined);
  }
  const hits = await edge.hits();
  assert.equal(hits.length, 1, 'the page itself is no hit');
  assert.deepEqual([hits[0]?.kind, hits[0]?.linkIndex], ['click', 0xffff]);
});

test('other methods are refused with what is allowed, and other paths are not found', async () => {
  await using running = await runEdge();
  for (const path of [running.pixel(), running.link('https://example.org/')]) {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await running.send(path, { method });
      assert.equal(answer.status, 405);
      assert.equal(answer.headers.allow, 'GET, HEAD');
    }
  }
  for (const path of [
    '/',
    '/o/',
    '/o/x',
    '/o/a/b.gif',
    '/l/a/b',
    '/api/v1/messages',
    '/metrics',
    '/robots.txt',
    '*',
  ]) {
    assert.equal((await running.send(path)).status, 404, path);
  }
  assert.deepEqual(await running.hits(), []);
});

test('modes `day` and `aggregate` keep the day and no trace of the reader, already in the log', async () => {
  await using running = await runEdge({ trustedProxies: ['127.0.0.1'] });
  const headers = { 'user-agent': 'Mail/1.0', 'x-forwarded-for': '203.0.113.9' };
  for (const mode of ['day', 'aggregate'] as const) {
    await running.send(running.pixel({ mode }), { headers });
    await running.send(running.link('https://example.org/?reader=ann', { mode }), { headers });
  }
  const common = { at: MIDNIGHT, method: 'GET', workspaceId: WORKSPACE, subject, headers: {} };
  assert.deepEqual(
    (await running.hits()).map(({ epoch: _epoch, seq: _seq, ...hit }) => hit),
    [
      { ...common, mode: 'day', kind: 'open' },
      { ...common, mode: 'day', kind: 'open' },
      { ...common, mode: 'aggregate', kind: 'open' },
      { ...common, mode: 'aggregate', kind: 'click', linkIndex: 3 },
    ],
  );
});

test('what is denied is answered all the same, and nothing is recorded, until it is allowed again', async () => {
  await using running = await runEdge();
  const valid = withoutDate(await running.send(running.pixel()));
  running.denySet.apply([
    { version: 1, kind: 'delivery', workspaceId: WORKSPACE, target: subject, effect: 'silent' },
  ]);
  assert.deepEqual(withoutDate(await running.send(running.pixel())), valid);
  const link = await running.send(running.link('https://example.org/'));
  assert.equal(link.headers.location, 'https://example.org/');
  assert.equal((await running.hits()).length, 1);
  assert.equal(running.edge.metrics().silenced, 2);
  running.denySet.apply([
    { version: 2, kind: 'delivery', workspaceId: WORKSPACE, target: subject, effect: 'allow' },
  ]);
  await running.send(running.pixel());
  assert.equal((await running.hits()).length, 2);
});

test('links of a workspace blocked for abuse show where they lead and go nowhere', async () => {
  await using running = await runEdge();
  running.denySet.apply([
    { version: 1, kind: 'workspace', workspaceId: WORKSPACE, target: '7', effect: 'block' },
  ]);
  const answer = await running.send(running.link('https://example.org/<script>alert(1)</script>'));
  assert.equal(answer.status, 403);
  assert.equal(answer.headers.location, undefined);
  assert.match(answer.body.toString(), /https:\/\/example\.org\/&lt;script&gt;/);
  assert.doesNotMatch(answer.body.toString(), /<script|<a /);
  assert.equal((await running.send(running.pixel())).body.length, 43);
  assert.deepEqual(await running.hits(), []);
});

test('X-Forwarded-For counts from a trusted proxy only', async () => {
  const headers = { 'x-forwarded-for': '192.0.2.1, 203.0.113.9' };
  await using open = await runEdge();
  await open.send(open.pixel(), { headers });
  assert.equal((await open.hits())[0]?.ip, '127.0.0.1');
  await using behind = await runEdge({ trustedProxies: ['127.0.0.0/8'] });
  await behind.send(behind.pixel(), { headers });
  await behind.send(behind.pixel(), { headers: { 'x-forwarded-for': '::ffff:203.0.113.8, 127.0.0.2' } });
  await behind.send(behind.pixel(), { headers: { 'x-forwarded-for': '203.0.113.7, nonsense' } });
  assert.deepEqual(
    (await behind.hits()).map(({ ip }) => ip),
    ['203.0.113.9', '203.0.113.8', '127.0.0.1'],
  );
});

test('when the log takes no hits, image and link are served, counted and reported, and it recovers', async () => {
  let full = true;
  await using running = await runEdge({
    wrapLog: (log) => ({
      append: (hit) => (full ? Promise.reject(new Error('database or disk is full')) : log.append(hit)),
      status: () => ({ ...log.status(), ready: !full }),
      close: () => log.close(),
    }),
  });
  assert.equal((await running.send(running.pixel())).body.length, 43);
  const link = await running.send(running.link('https://example.org/'));
  assert.equal(link.headers.location, 'https://example.org/');
  assert.equal(running.edge.metrics().unrecorded, 2);
  assert.equal((await running.send('/readyz')).status, 503);
  assert.equal((await running.send('/healthz')).status, 200);
  full = false;
  assert.equal((await running.send('/readyz')).status, 200);
  await running.send(running.pixel());
  assert.equal((await running.hits()).length, 1);
  assert.equal(running.edge.metrics().unrecorded, 2);
});

test('an answer waits until its hit is durable', async () => {
  const gate = Promise.withResolvers<void>();
  await using running = await runEdge({
    wrapLog: (log) => ({
      append: async (hit) => {
        await gate.promise;
        await log.append(hit);
      },
      status: () => log.status(),
      close: () => log.close(),
    }),
  });
  let answered = 0;
  const sent = [running.send(running.pixel()), running.send(running.link('https://example.org/'))].map(
    async (answer) => {
      await answer;
      answered += 1;
    },
  );
  await running.send('/healthz');
  await sleep(50);
  assert.equal(answered, 0);
  gate.resolve();
  await Promise.all(sent);
  assert.equal((await running.hits()).length, 2);
});

test('2,000 concurrent hits are 2,000 rows, each once, in few commits', async () => {
  await using running = await runEdge();
  const agent = new Agent({ keepAlive: true, maxSockets: 200 });
  await Promise.all(
    Array.from({ length: 2_000 }, (_, n) =>
      running.send(running.pixel(), { headers: { 'user-agent': `crowd/${n}` }, agent }),
    ),
  );
  agent.destroy();
  const hits = await running.hits();
  assert.equal(hits.length, 2_000);
  assert.equal(new Set(hits.map(({ headers }) => headers['user-agent'])).size, 2_000);
  assert.equal(new Set(hits.map(({ seq }) => seq)).size, 2_000);
  const { commits, hits: counted } = running.edge.metrics();
  assert.equal(counted, 2_000);
  assert.ok(commits < 1_000, `${commits} commits for 2,000 hits`);
});

interface BackEnd extends AsyncDisposable {
  url: string;
  requests: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[];
}

async function runBackEnd(hangs = false): Promise<BackEnd> {
  const requests: BackEnd['requests'] = [];
  const server = createServer((incoming, outgoing) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (text: string) => (body += text));
    incoming.on('end', () => {
      requests.push({
        method: incoming.method ?? '',
        url: incoming.url ?? '',
        headers: incoming.headers,
        body,
      });
      if (hangs) return;
      outgoing.writeHead(200, { 'content-type': 'text/html', 'set-cookie': 'a=b', 'x-secret': '1' });
      outgoing.end('<p>page</p>');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const page = pageUrl(keyring, '', { workspaceId: WORKSPACE, subject });

test("the recipient's page is passed on with the client's address and without cookies", async () => {
  await using backEnd = await runBackEnd();
  await using running = await runEdge({ backendUrl: () => backEnd.url, trustedProxies: ['127.0.0.1'] });
  const headers = {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    cookie: 'waybill_session=x',
    authorization: 'Bearer x',
    'accept-language': 'de',
  };
  const answer = await running.send(`${page}?x=1`, { headers });
  assert.equal(answer.status, 200);
  assert.equal(answer.body.toString(), '<p>page</p>');
  assert.equal(answer.headers['set-cookie'], undefined);
  assert.equal(answer.headers['x-secret'], undefined);
  await running.send(page, {
    method: 'POST',
    body: 'object=1',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const [get, post] = backEnd.requests;
  assert.equal(get?.url, page);
  assert.equal(get?.headers['x-forwarded-for'], '203.0.113.9');
  assert.equal(get?.headers['x-forwarded-proto'], 'https');
  assert.equal(get?.headers['accept-language'], 'de');
  assert.equal(get?.headers.cookie, undefined);
  assert.equal(get?.headers.authorization, undefined);
  assert.equal(post?.method, 'POST');
  assert.equal(post?.body, 'object=1');
  assert.equal(post?.headers['x-forwarded-proto'], 'http');
  assert.deepEqual(await running.hits(), [], 'looking at the page is not recorded');
});

test('nothing but a page with our signature reaches the back end', async () => {
  await using backEnd = await runBackEnd();
  await using running = await runEdge({ backendUrl: () => backEnd.url });
  const paths = [
    '/r/../metrics',
    '/r/%2e%2e/metrics',
    '/r/..%2fmetrics',
    '/r/..\\metrics',
    `${page}/../../metrics`,
    `${page}x`,
    '/r/',
    running.pixel().replace('/o/', '/r/').replace('.gif', ''),
  ];
  for (const path of paths) assert.equal((await running.send(path)).status, 404, path);
  assert.equal((await running.send(page, { method: 'DELETE' })).headers.allow, 'GET, HEAD, POST');
  assert.deepEqual(backEnd.requests, []);
});

test('a body beyond 16 KB is refused, also when its length is not announced', async () => {
  await using backEnd = await runBackEnd();
  await using running = await runEdge({ backendUrl: () => backEnd.url });
  const body = 'x'.repeat(16_385);
  assert.equal((await running.send(page, { method: 'POST', body })).status, 413);
  const chunked = { 'transfer-encoding': 'chunked' };
  assert.equal((await running.send(page, { method: 'POST', body, headers: chunked })).status, 413);
  const largest = await running.send(page, { method: 'POST', body: body.slice(1) });
  assert.equal(largest.status, 200);
  assert.equal(backEnd.requests.length, 1);
});

test('without a back end the page says so calmly, and pixels and links do not notice', async () => {
  const gone = await runBackEnd();
  await gone[Symbol.asyncDispose]();
  for (const url of [undefined, gone.url]) {
    await using running = await runEdge({ backendUrl: () => url });
    const answer = await running.send(page);
    assert.equal(answer.status, 503);
    assert.equal(answer.headers['retry-after'], '60');
    assert.match(answer.body.toString(), /try again/);
    assert.equal((await running.send(running.pixel())).status, 200);
    assert.equal((await running.send('/readyz')).status, 200);
    assert.equal((await running.hits()).length, 1);
  }
});

test('a back end that hangs holds neither pixels nor the end of the edge', async () => {
  await using backEnd = await runBackEnd(true);
  const running = await runEdge({ backendUrl: () => backEnd.url });
  const hanging = running.send(page).catch(() => undefined);
  while (backEnd.requests.length === 0) await sleep(5);
  const before = performance.now();
  for (let n = 0; n < 20; n++) assert.equal((await running.send(running.pixel())).status, 200);
  assert.ok(performance.now() - before < 5_000);
  const closing = performance.now();
  await running[Symbol.asyncDispose]();
  assert.ok(performance.now() - closing < 5_000);
  await hanging;
});

test('closing finishes the answers under way, keeps their hits and does not wait for idle connections', async () => {
  const gate = Promise.withResolvers<void>();
  const running = await runEdge({
    wrapLog: (log) => ({
      append: async (hit) => {
        await gate.promise;
        await log.append(hit);
      },
      status: () => log.status(),
      close: () => log.close(),
    }),
  });
  const agent = new Agent({ keepAlive: true });
  await running.send('/healthz', { agent });
  const answer = running.send(running.pixel(), { agent });
  await sleep(50);
  const before = performance.now();
  const closed = running.edge.close();
  await sleep(50);
  gate.resolve();
  assert.equal((await answer).status, 200);
  await closed;
  assert.ok(performance.now() - before < 2_000, 'it did not wait for the connection to be given up');
  await assert.rejects(running.send('/healthz'));
  assert.equal((await running.hits()).length, 1);
  agent.destroy();
  await running[Symbol.asyncDispose]();
});

test('heads that are too large or no HTTP at all are refused, and the edge goes on', async () => {
  await using running = await runEdge();
  assert.equal((await running.send(`${running.pixel()}?${'x'.repeat(40_000)}`)).status, 431);
  const socket = connect(running.edge.address.port, '127.0.0.1');
  socket.end('\u0000\u0001 nonsense\r\n\r\n');
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => (text += part));
  await once(socket, 'close');
  assert.match(text, /^HTTP\/1\.1 400 /);
  assert.equal((await running.send(running.pixel())).status, 200);
});

test('a trusted proxy that is no network is refused at start', async () => {
  await assert.rejects(runEdge({ trustedProxies: ['10.0.0.0/99'] }), { code: 'misconfigured' });
});
