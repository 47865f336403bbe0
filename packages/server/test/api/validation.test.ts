import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { Problem } from '@waybill/sdk';
import { json, MAIL, startApi } from '../support/api-server.ts';

async function problemOf(answer: Response): Promise<Problem> {
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const problem = (await answer.json()) as Problem;
  assert.equal(problem.status, answer.status);
  assert.ok(problem.title !== '' && problem.detail !== '' && problem.type === 'about:blank');
  return problem;
}

const BAD_MAILS: readonly (readonly [string, object, string])[] = [
  ['a recipient that is no address', { to: ['bob@example.net', 'nonsense'] }, 'to[1]'],
  ['two addresses in one', { to: ['a@example.net, b@example.net'] }, 'to[0]'],
  ['a number in place of an address', { cc: [5] }, 'cc[0]'],
  ['no recipients at all', { to: [] }, 'to'],
  ['a missing sender', { from: undefined }, 'from'],
  ['a sender with a line break', { from: 'Ann <ann@example.org>\r\nBcc: eve@example.org' }, 'from'],
  ['a subject of two lines', { subject: 'a\r\nBcc: eve@example.org' }, 'subject'],
  ['neither html nor text', { html: undefined }, 'html'],
  ['a missing send', { send: undefined }, 'send'],
  ['send as a text', { send: 'yes' }, 'send'],
  ['an unknown field', { priority: 1 }, 'priority'],
  ['an unknown field inside', { policy: { mode: 'full', x: 1 } }, 'policy.x'],
  ['an unknown mode', { policy: { mode: 'everything' } }, 'policy.mode'],
  ['a header that is a field of its own', { headers: { Bcc: 'eve@example.org' } }, 'headers.Bcc'],
  ['a header with a line break', { headers: { 'X-A': 'b\r\nBcc: eve@example.org' } }, 'headers.X-A'],
  ['a header name with a colon', { headers: { 'X:A': 'b' } }, 'headers.X:A'],
  [
    'an attachment that is not base64',
    { attachments: [{ filename: 'a', contentType: 'a/b', content: '??' }] },
    'attachments[0].content',
  ],
  [
    'an attachment without a type',
    { attachments: [{ filename: 'a', contentType: 'pdf', content: 'YQ==' }] },
    'attachments[0].contentType',
  ],
];

for (const [what, change, field] of BAD_MAILS) {
  test(`a mail with ${what} is refused and ${field} is named`, async (t) => {
    const server = await startApi(t);
    const answer = await server.fetch('/api/v1/messages', json({ ...MAIL, ...change }));
    assert.equal(answer.status, 400);
    const problem = await problemOf(answer);
    assert.equal(problem.code, 'invalid-input');
    assert.deepEqual(
      problem.errors?.map((error) => error.field),
      [field],
    );
    assert.ok((problem.errors?.[0]?.message ?? '') !== '');
    assert.equal(server.accepted(), 0);
  });
}

test('all fields that are wrong are named at once', async (t) => {
  const server = await startApi(t);
  const answer = await server.fetch('/api/v1/messages', json({ to: 'bob@example.net', subject: 1 }));
  const fields = (await problemOf(answer)).errors?.map(({ field }) => field).sort();
  assert.deepEqual(fields, ['from', 'send', 'subject', 'to']);
});

for (const [what, mailbox] of [
  ['a display name', 'Ann <ann@example.org>'],
  ['a quoted display name', '"Doe, Ann" <ann@example.org>'],
  ['letters of the world', 'Jürgen Müller <jürgen@müller.example>'],
  ['a plus tag', 'ann+news@sub.example.org'],
  ['a quoted local part', '"ann doe"@example.org'],
  ['an address literal', 'ann@[192.0.2.1]'],
  ['a host without a dot', 'ann@localhost'],
] as const) {
  test(`an address with ${what} is taken`, async (t) => {
    const server = await startApi(t);
    const answer = await server.fetch('/api/v1/messages', json({ ...MAIL, to: [mailbox] }));
    assert.equal(answer.status, 201);
  });
}

for (const [what, init, status, code] of [
  ['broken JSON', { body: '{"from":' }, 400, 'invalid-input'],
  ['JSON that is no object', { body: '[]' }, 400, 'invalid-input'],
  ['no body', {}, 400, 'invalid-input'],
  ['bytes that are no UTF-8', { body: Buffer.from([0x22, 0xff, 0x22]) }, 400, 'invalid-input'],
  [
    'another media type',
    { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    415,
    'unsupported-media-type',
  ],
  ['plain text', { body: '{}', headers: { 'content-type': 'text/plain' } }, 415, 'unsupported-media-type'],
] as const) {
  test(`${what} gets a problem that says so`, async (t) => {
    const server = await startApi(t);
    const answer = await server.fetch('/api/v1/messages', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      ...(init as RequestInit),
    });
    assert.equal(answer.status, status);
    assert.equal((await problemOf(answer)).code, code);
  });
}

test('a body that is too large is refused, and a mail may be larger than other bodies', async (t) => {
  const server = await startApi(t, { settings: { messageBodyLimitBytes: 3_000_000 } });
  const tooLarge = await server.fetch('/api/v1/messages', json({ ...MAIL, html: 'x'.repeat(3_100_000) }));
  assert.equal(tooLarge.status, 413);
  assert.equal((await problemOf(tooLarge)).code, 'too-large');
  const large = await server.fetch('/api/v1/messages', json({ ...MAIL, html: 'x'.repeat(2_000_000) }));
  assert.equal(large.status, 201);
  const name = await server.fetch('/api/v1/api-keys', json({ name: 'x'.repeat(2_000_000) }));
  assert.equal(name.status, 413);
});

test('a method that a path does not have gets 405 and the ones it has', async (t) => {
  const server = await startApi(t);
  const answer = await server.fetch('/api/v1/messages', { method: 'DELETE' });
  assert.equal(answer.status, 405);
  assert.equal(answer.headers.get('allow'), 'GET, HEAD, POST');
  assert.equal((await problemOf(answer)).code, 'method-not-allowed');
});

for (const [method, path] of [
  ['GET', '/api/v1/nothing'],
  ['POST', '/api/v1/nothing'],
  ['GET', '/api/v2/messages'],
  ['GET', '/api/v1/messages/unknown'],
  ['GET', '/api/v1/deliveries/WB-0000-0000-0001'],
  ['GET', '/api/v1/deliveries/nonsense'],
  ['POST', '/nothing'],
] as const) {
  test(`${method} ${path} gets a 404 problem`, async (t) => {
    const server = await startApi(t);
    const answer = await server.fetch(path, { method });
    assert.equal(answer.status, 404);
    assert.equal((await problemOf(answer)).code, 'not-found');
  });
}

for (const [query, field] of [
  ['limit=0', 'limit'],
  ['limit=many', 'limit'],
  ['limit=1&limit=2', 'limit'],
  ['cursor=nonsense', 'cursor'],
  ['cursor=WzEsMl0', 'cursor'],
  ['state=unread', 'state'],
  ['nonsense=1', 'nonsense'],
  ['query=%00', 'query'],
] as const) {
  test(`the query ${query} is refused and ${field} is named`, async (t) => {
    const server = await startApi(t);
    const answer = await server.fetch(`/api/v1/messages?${query}`);
    assert.equal(answer.status, 400);
    assert.equal((await problemOf(answer)).errors?.[0]?.field, field);
  });
}

test('an address that cannot be decoded gets a problem', async (t) => {
  const server = await startApi(t);
  const answer = await server.fetch('/api/v1/messages/%E0%A4%A');
  assert.equal(answer.status, 400);
  await problemOf(answer);
});

test('bytes that are no HTTP get a problem too', async (t) => {
  const server = await startApi(t);
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  const text = await new Promise<string>((resolve, reject) => {
    let received = '';
    socket.once('error', reject);
    socket.on('data', (data) => (received += data.toString()));
    socket.once('close', () => resolve(received));
    socket.write('NONSENSE\r\n\r\n');
  });
  assert.match(text, /^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code":"invalid-input"/);
});

test('an error inside says nothing of itself', async (t) => {
  const server = await startApi(t);
  await server.engine.db.schema.dropTable('messages').execute();
  const answer = await server.fetch('/api/v1/messages');
  assert.equal(answer.status, 500);
  const text = await answer.text();
  assert.doesNotMatch(text, /select|sqlite|messages/i);
});

test('only our own host names are answered on loopback', async (t) => {
  const server = await startApi(t, { settings: { allowedHosts: ['waybill.example.org'] } });
  const { port } = new URL(server.url);
  const status = (host: string, path = '/api/v1/setup') =>
    new Promise<number>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.once('error', reject);
      socket.once('data', (data) => {
        resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString())?.[1]));
        socket.destroy();
      });
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    });
  for (const host of ['localhost', `localhost:${port}`, '127.0.0.1:1', '[::1]:80', 'WAYBILL.example.org']) {
    assert.equal(await status(host), 200, host);
  }
  for (const host of ['evil.test', '127.0.0.1.evil.test', 'localhost.', '10.0.0.1']) {
    assert.equal(await status(host), 403, host);
    assert.equal(await status(host, '/'), 403, host);
  }
  assert.equal(await status('10.0.0.1', '/healthz'), 200);
});

test('every answer has the security headers', async (t) => {
  const server = await startApi(t);
  for (const path of ['/api/v1/workspace', '/api/v1/nothing', '/', '/r/x', '/api/v1/%E0%A4%A']) {
    const { headers } = await server.fetch(path);
    assert.match(
      headers.get('content-security-policy') ?? '',
      /default-src 'none'.*frame-ancestors 'none'/,
      path,
    );
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('referrer-policy'), 'no-referrer', path);
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin', path);
  }
});
