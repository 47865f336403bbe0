import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { KEPT_HEADERS } from './hit.ts';
import { PlainRequestReader } from './plain-request.ts';

const KEPT = [...KEPT_HEADERS, 'referer', 'x-forwarded-for'];
const reader = new PlainRequestReader(KEPT);

interface Read {
  method: string;
  target: string;
  headers: Record<string, string>;
  keepAlive: boolean;
}

/** What `node:http` makes of the bytes: its requests, up to the first that it refuses. */
async function readByNode(bytes: Buffer): Promise<{ requests: Read[]; refused: boolean }> {
  const requests: Read[] = [];
  const server = createServer({ maxHeaderSize: 32_768 }, (request, response) => {
    requests.push({
      method: request.method ?? '',
      target: request.url ?? '',
      headers: kept(request.headers),
      keepAlive: response.shouldKeepAlive,
    });
    response.end();
  });
  let refused = false;
  server.on('clientError', (_error, socket) => {
    refused = true;
    socket.destroy();
  });
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  server.emit('connection', socket);
  const closed = once(socket, 'close');
  socket.push(bytes);
  socket.push(null);
  await closed;
  return { requests, refused };
}

function kept(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    KEPT.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
}

/** All requests that are ordinary, as the edge reads them one behind the other. */
function readHere(bytes: Buffer): { requests: Read[]; end: number } {
  const requests: Read[] = [];
  let at = 0;
  for (;;) {
    const request = reader.read(bytes, at);
    if (request === undefined) return { requests, end: at };
    const { end, shared: _shared, ...read } = request;
    requests.push(read);
    at = end;
    if (!request.keepAlive) return { requests, end: at };
  }
}

const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);
const target = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(token, token).map(([a, b]) => `/o/${a}.gif?${b}`) },
  fc.constantFrom(
    '/',
    '*',
    'http://a.example/o/x.gif',
    '/l/x?to=https%3A%2F%2Fa',
    '/o/\u00e9.gif',
    '/o/a b.gif',
    '/o/a#b',
  ),
);
const name = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'User-Agent',
      'accept',
      'ACCEPT-LANGUAGE',
      'Referer',
      'Via',
      'X-Forwarded-For',
    ),
  },
  token,
  fc.constantFrom(
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Host',
    'Expect',
    'Upgrade',
    'Bad Name',
    '',
    'na\u00efve',
  ),
);
const value = fc.oneof(
  { weight: 5, arbitrary: fc.stringMatching(/^[ \t]*[!-~]{0,12}[ \t]*$/) },
  fc.constantFrom(
    'close',
    'keep-alive',
    'Keep-Alive',
    'upgrade',
    'close, x',
    '0',
    '5',
    'chunked',
    'a\u00ffb',
    'a\u0000b',
    'a\rb',
    'a\nb',
    'a\u007fb',
  ),
);
const line = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.tuple(name, fc.constantFrom(':', ': ', ' : ', ''), value).map((parts) => parts.join('')),
  },
  fc.constantFrom(' folded', '\tfolded', 'Host: b.example', 'no colon'),
);
const lineEnd = fc.oneof(
  { weight: 30, arbitrary: fc.constant('\r\n') },
  fc.constantFrom('\n', '\r', '\r\r\n'),
);
const request = fc
  .record({
    before: fc.oneof({ weight: 12, arbitrary: fc.constant('') }, fc.constantFrom('\r\n', ' ')),
    method: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('GET', 'HEAD') },
      fc.constantFrom('POST', 'get', 'GETX'),
    ),
    target,
    version: fc.oneof(
      { weight: 12, arbitrary: fc.constant('HTTP/1.1') },
      fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'http/1.1'),
    ),
    lines: fc.array(line, { maxLength: 6 }),
    ends: fc.array(lineEnd, { minLength: 9, maxLength: 9 }),
    host: fc.oneof({ weight: 12, arbitrary: fc.constant(['Host: a.example']) }, fc.constant<string[]>([])),
  })
  .map(({ before, method, target: asked, version, lines, ends, host }) =>
    [`${before}${method} ${asked} ${version}`, ...host, ...lines, '']
      .map((text, at) => text + (ends[at] ?? ''))
      .join(''),
  );

test('what is taken for ordinary is what node:http reads, to the byte, and never what it refuses', async () => {
  let ordinary = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (texts) => {
      const bytes = Buffer.from(texts.join(''), 'latin1');
      const here = readHere(bytes);
      if (here.requests.length === 0) return;
      ordinary += 1;
      const node = await readByNode(bytes.subarray(0, here.end));
      assert.equal(node.refused, false, JSON.stringify(texts));
      assert.deepEqual(node.requests, here.requests, JSON.stringify(texts));
    }),
    { numRuns: 4_000 },
  );
  assert.ok(ordinary > 400, `only ${ordinary} of the requests were ordinary`);
});

test('any byte that is changed, put in or left out makes no difference to that', async () => {
  const text =
    'GET /o/abc.gif?x=1 HTTP/1.1\r\nHost: a.example\r\nUser-Agent: Mail/1.0 (x)\r\naccept:  image/* \r\nConnection: keep-alive\r\n\r\n';
  const whole = Buffer.from(text);
  const changed = fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.constantFrom('set', 'insert', 'remove'));
  await fc.assert(
    fc.asyncProperty(changed, async ([at, byte, how]) => {
      const middle = how === 'remove' ? Buffer.alloc(0) : Buffer.of(byte);
      const bytes = Buffer.concat([
        whole.subarray(0, at),
        middle,
        whole.subarray(at + (how === 'insert' ? 0 : 1)),
      ]);
      const here = readHere(bytes);
      if (here.requests.length === 0) return;
      const node = await readByNode(bytes.subarray(0, here.end));
      assert.equal(node.refused, false, JSON.stringify(bytes.toString('latin1')));
      assert.deepEqual(node.requests, here.requests, JSON.stringify(bytes.toString('latin1')));
    }),
    { numRuns: 3_000 },
  );
});

test('a request that is cut anywhere is not taken, and what follows a whole one is left', () => {
  const whole = Buffer.from('GET /o/a.gif HTTP/1.1\r\nHost: a\r\nUser-Agent: m\r\n\r\n');
  for (let cut = 0; cut < whole.length; cut++)
    assert.equal(reader.read(whole.subarray(0, cut), 0), undefined, `${cut}`);
  const two = Buffer.concat([whole, whole.subarray(0, 20)]);
  assert.equal(reader.read(two, 0)?.end, whole.length);
});

test('doubtful requests are left to node:http', () => {
  const head = (first: string, ...lines: string[]) =>
    Buffer.from([first, ...lines, '', ''].join('\r\n'), 'latin1');
  const get = 'GET /o/a.gif HTTP/1.1';
  const doubtful = [
    head(get),
    head(get, 'Host: a', 'Host: b'),
    head(get, 'Host: a', 'Content-Length: 0'),
    head(get, 'Host: a', 'Content-Length: 3', 'Content-Length: 4'),
    head(get, 'Host: a', 'Transfer-Encoding: chunked'),
    head(get, 'Host: a', 'User-Agent : m'),
    head(get, 'Host: a', 'User-Agent: m', ' folded'),
    head(get, 'Host: a', 'User-Agent: a\u0000b'),
    head(get, 'Host: a', 'User-Agent: a', 'user-agent: b'),
    head(get, 'Host: a', 'Connection: upgrade', 'Upgrade: h2c'),
    head(get, 'Host: a', 'Expect: 100-continue'),
    head('GET http://a/o/a.gif HTTP/1.1', 'Host: a'),
    head('GET /o/\u00e9.gif HTTP/1.1', 'Host: a'),
    head('GET /o/a.gif#x HTTP/1.1', 'Host: a'),
    head('GET  /o/a.gif HTTP/1.1', 'Host: a'),
    head('GET /o/a.gif HTTP/1.0', 'Host: a'),
    head('POST /o/a.gif HTTP/1.1', 'Host: a'),
    Buffer.from('GET /o/a.gif HTTP/1.1\nHost: a\n\n'),
    head(get, 'Host: a', ...Array.from({ length: 70 }, (_, n) => `X-${n}: y`)),
    head(get, 'Host: a', `Cookie: ${'x'.repeat(17_000)}`),
  ];
  for (const bytes of doubtful)
    assert.equal(reader.read(bytes, 0), undefined, bytes.toString('latin1').slice(0, 200));
});

test('requests with the same fields share what they mean, whatever they ask for; with a client’s address in them none do', () => {
  const own = new PlainRequestReader(KEPT);
  const fields = 'Host: a\r\nUser-Agent: m\r\nConnection: close\r\n\r\n';
  const [first, second] = ['GET /o/a.gif', 'HEAD /o/bcd.gif?e'].map((asked) =>
    own.read(Buffer.from(`${asked} HTTP/1.1\r\n${fields}`), 0),
  );
  assert.ok(first && second);
  assert.equal(second.shared, first.shared);
  assert.deepEqual(second.headers, { 'user-agent': 'm' });
  assert.equal(second.keepAlive, false);
  assert.equal(second.end, 'HEAD /o/bcd.gif?e HTTP/1.1\r\n'.length + fields.length);
  const behind = `X-Forwarded-For: 203.0.113.1\r\n${fields}`;
  const [third, fourth] = ['a', 'b'].map((path) =>
    own.read(Buffer.from(`GET /o/${path}.gif HTTP/1.1\r\n${behind}`), 0),
  );
  assert.ok(third && fourth && third.shared !== fourth.shared);
});
