import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreatedSmtpCredential, Problem, SmtpCredential } from '@waybill/sdk';
import { json, signedIn, startApi } from '../support/api-server.ts';

const SETUP = {
  name: 'Ann',
  email: 'Ann@Example.org',
  password: 'correct horse battery',
  mode: 'day',
};

async function setupToken(server: Awaited<ReturnType<typeof startApi>>): Promise<string> {
  const link = await server.accounts.createSignInLink(server.url);
  assert.ok(link !== undefined && link.startsWith(`${server.url}/welcome?token=`));
  return new URL(link).searchParams.get('token') ?? '';
}

test('an address without credentials is told how to sign in', async (t) => {
  const server = await startApi(t);
  const answer = await server.fetch('/api/v1/messages', { key: '' });
  assert.equal(answer.status, 401);
  assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const problem = (await answer.json()) as Problem;
  assert.equal(problem.code, 'unauthenticated');
  assert.equal(problem.status, 401);
});

for (const [what, header] of [
  ['an unknown key', 'Bearer wb_nothing'],
  ['another scheme', 'Basic YTpi'],
  ['an empty key', 'Bearer '],
] as const) {
  test(`${what} is refused`, async (t) => {
    const server = await startApi(t);
    const answer = await server.fetch('/api/v1/messages', { headers: { authorization: header } });
    assert.equal(answer.status, 401);
  });
}

test('a revoked key is refused at once, and a listed key never shows its secret', async (t) => {
  const server = await startApi(t);
  const created = await server.fetch('/api/v1/api-keys', json({ name: 'CI' }));
  assert.equal(created.status, 201);
  const key = (await created.json()) as { id: string; secret: string; prefix: string };
  assert.match(key.secret, /^wb_[\w-]{43}$/);
  assert.equal((await server.fetch('/api/v1/workspace', { key: key.secret })).status, 200);
  const listed = await (await server.fetch('/api/v1/api-keys')).text();
  assert.ok(listed.includes(key.prefix) && !listed.includes(key.secret));
  assert.ok(JSON.parse(listed).items.every((item: { lastUsedAt: unknown }) => item.lastUsedAt !== undefined));
  assert.equal((await server.fetch(`/api/v1/api-keys/${key.id}`, { method: 'DELETE' })).status, 204);
  assert.equal((await server.fetch('/api/v1/workspace', { key: key.secret })).status, 401);
  assert.equal((await server.fetch(`/api/v1/api-keys/${key.id}`, { method: 'DELETE' })).status, 404);
});

test('an SMTP credential is checked by its password, and not after it is revoked', async (t) => {
  const server = await startApi(t);
  const created = await server.fetch('/api/v1/smtp-credentials', json({ label: 'Thunderbird' }));
  const { id, username, password } = (await created.json()) as Record<string, string>;
  const verify = (name: string, secret: string) => server.accounts.secrets.verify(name, secret);
  assert.deepEqual(await verify(username ?? '', password ?? ''), {
    workspaceId: server.tenant.workspaceId,
    credentialId: id,
  });
  assert.equal(await verify(username ?? '', `${password}x`), undefined);
  assert.equal(await verify('wb-nobody', password ?? ''), undefined);
  await server.fetch(`/api/v1/smtp-credentials/${id}`, { method: 'DELETE' });
  assert.equal(await verify(username ?? '', password ?? ''), undefined);
});

test('an SMTP credential says which addresses it may send from, and that can be changed', async (t) => {
  const server = await startApi(t);
  const change = (id: string, body: unknown) =>
    server.fetch(`/api/v1/smtp-credentials/${id}`, { method: 'PATCH', body: JSON.stringify(body) });
  const any = (await (
    await server.fetch('/api/v1/smtp-credentials', json({ label: 'Any' }))
  ).json()) as CreatedSmtpCredential;
  assert.equal(any.allowedFrom, null);
  const created = await server.fetch(
    '/api/v1/smtp-credentials',
    json({ label: 'Ann', allowedFrom: [' Ann@Example.org', '@Example.net'] }),
  );
  assert.equal(created.status, 201);
  const { id, username, password, allowedFrom } = (await created.json()) as CreatedSmtpCredential;
  assert.deepEqual(allowedFrom, ['ann@example.org', '@example.net']);
  const verified = async () => (await server.accounts.secrets.verify(username, password))?.allowedFrom;
  assert.deepEqual(await verified(), ['ann@example.org', '@example.net']);

  const changed = await change(id, { allowedFrom: ['bob@example.org'] });
  assert.deepEqual(((await changed.json()) as SmtpCredential).allowedFrom, ['bob@example.org']);
  assert.deepEqual(await verified(), ['bob@example.org']);
  assert.deepEqual(((await (await change(id, {})).json()) as SmtpCredential).allowedFrom, [
    'bob@example.org',
  ]);
  assert.equal((await change(id, { allowedFrom: null })).status, 200);
  assert.equal(await verified(), undefined);
  for (const wrong of [
    [],
    ['example.org'],
    ['@'],
    ['Ann <ann@example.org>'],
    ['a@b.c\r\nX: y'],
    ['@a b'],
    'a@b.c',
  ]) {
    assert.equal((await change(id, { allowedFrom: wrong })).status, 400, JSON.stringify(wrong));
  }
  await server.fetch(`/api/v1/smtp-credentials/${id}`, { method: 'DELETE' });
  assert.equal((await change(id, { allowedFrom: null })).status, 404);
});

test('the given first key, the local key and the demo credential are valid after every start, and change with their settings', async (t) => {
  const server = await startApi(t);
  for (const secret of ['the first bootstrap key', 'the second bootstrap key']) {
    await server.accounts.ensureBootstrapApiKey(secret);
    await server.accounts.ensureBootstrapApiKey(secret);
    const key = secret.replaceAll(' ', '-');
    await server.accounts.ensureBootstrapApiKey(key);
    assert.equal((await server.fetch('/api/v1/workspace', { key })).status, 200);
  }
  const old = await server.fetch('/api/v1/workspace', { key: 'the-first-bootstrap-key' });
  assert.equal(old.status, 401);
  await server.accounts.ensureDemoCredential('demo', 'demo-password');
  await server.accounts.ensureDemoCredential('demo', 'demo-password');
  assert.equal((await server.accounts.secrets.verify('demo', 'demo-password'))?.credentialId, 'demo');
});

test('the sign-in link makes the first user once, and signs in', async (t) => {
  const server = await startApi(t);
  const token = await setupToken(server);
  const state = async () => (await server.fetch(`/api/v1/setup?token=${token}`, { key: '' })).json();
  assert.deepEqual(await state(), { needed: true, valid: true });
  const answer = await server.fetch('/api/v1/setup', { key: '', ...json({ ...SETUP, token }) });
  assert.equal(answer.status, 201);
  const cookie = answer.headers.get('set-cookie') ?? '';
  assert.match(cookie, /^waybill_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/);
  const session = (await answer.json()) as { user: { email: string }; workspace: { mode: string } };
  assert.equal(session.user.email, 'ann@example.org');
  assert.equal(session.workspace.mode, 'day');
  assert.deepEqual(await state(), { needed: false, valid: false });
  const again = await server.fetch('/api/v1/setup', { key: '', ...json({ ...SETUP, token }) });
  assert.equal(again.status, 409);
  assert.equal(await server.accounts.createSignInLink(server.url), undefined);
});

test('of many set-ups at the same moment with several links, one makes a user', async (t) => {
  const server = await startApi(t);
  const tokens = [await setupToken(server), await setupToken(server)];
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      server.fetch('/api/v1/setup', {
        key: '',
        ...json({ ...SETUP, email: `ann${index}@example.org`, token: tokens[index % 2] }),
      }),
    ),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [201, ...Array.from({ length: 11 }, () => 409)]);
  const users = await server.engine.db.selectFrom('users').select('email').execute();
  assert.equal(users.length, 1);
});

test('a sign-in link is dead after 15 minutes', async (t) => {
  const server = await startApi(t);
  const token = await setupToken(server);
  server.clock.now += 15 * 60_000;
  const answer = await server.fetch('/api/v1/setup', { key: '', ...json({ ...SETUP, token }) });
  assert.equal(answer.status, 410);
});

test('reading a sign-in link does not use it up', async (t) => {
  const server = await startApi(t);
  const token = await setupToken(server);
  for (let n = 0; n < 3; n += 1) await server.fetch(`/api/v1/setup?token=${token}`, { key: '' });
  const answer = await server.fetch('/api/v1/setup', { key: '', ...json({ ...SETUP, token }) });
  assert.equal(answer.status, 201);
});

test('a user signs in with e-mail in any case, and out again', async (t) => {
  const server = await startApi(t);
  await signedIn(server);
  const answer = await server.fetch('/api/v1/session', {
    key: '',
    ...json({ email: 'ANN@example.org', password: 'correct horse battery' }),
  });
  assert.equal(answer.status, 200);
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const own = { key: '', headers: { cookie, 'sec-fetch-site': 'same-origin' } };
  assert.equal((await server.fetch('/api/v1/session', own)).status, 200);
  const out = await server.fetch('/api/v1/session', { ...own, method: 'DELETE' });
  assert.equal(out.status, 204);
  assert.match(out.headers.get('set-cookie') ?? '', /waybill_session=; .*Max-Age=0/);
  assert.equal((await server.fetch('/api/v1/session', own)).status, 401);
});

test('wrong passwords are slowed down for their e-mail, also when tried in parallel, and the right one waits too', async (t) => {
  const server = await startApi(t);
  await signedIn(server);
  const attempt = (password: string) =>
    server.fetch('/api/v1/session', { key: '', ...json({ email: 'ann@example.org', password }) });
  const answers = await Promise.all(Array.from({ length: 15 }, (_, n) => attempt(`wrong ${n}`)));
  const statuses = answers.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 401).length, 10);
  assert.equal(statuses.filter((status) => status === 429).length, 5);
  const limited = await attempt('correct horse battery');
  assert.equal(limited.status, 429);
  assert.ok(Number(limited.headers.get('retry-after')) > 0);
  server.clock.now += 16 * 60_000;
  assert.equal((await attempt('correct horse battery')).status, 200);
});

test('an unknown e-mail and a wrong password get the same answer', async (t) => {
  const server = await startApi(t);
  await signedIn(server);
  const attempt = async (email: string) => {
    const answer = await server.fetch('/api/v1/session', { key: '', ...json({ email, password: 'wrong' }) });
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await attempt('ann@example.org'), await attempt('nobody@example.org'));
});

test('a session slides: it is renewed when it is used, and ends 30 days after the last use', async (t) => {
  const server = await startApi(t);
  const cookie = await signedIn(server);
  const read = () => server.fetch('/api/v1/session', { key: '', headers: { cookie } });
  const day = 86_400_000;
  assert.equal((await read()).headers.get('set-cookie'), null);
  server.clock.now += 20 * day;
  assert.match((await read()).headers.get('set-cookie') ?? '', /Max-Age=2592000/);
  server.clock.now += 29 * day;
  assert.equal((await read()).status, 200);
  server.clock.now += 31 * day;
  assert.equal((await read()).status, 401);
});

for (const [what, headers, status] of [
  ['from another site is refused', { 'sec-fetch-site': 'cross-site' }, 403],
  ['from a sibling domain is refused', { 'sec-fetch-site': 'same-site' }, 403],
  ['with a foreign Origin is refused', { origin: 'https://evil.test' }, 403],
  ['with a null Origin is refused', { origin: 'null' }, 403],
  ['that does not say where it comes from is refused', {}, 403],
  ['from our own page is done', { 'sec-fetch-site': 'same-origin' }, 200],
] as const) {
  test(`a change by cookie ${what}`, async (t) => {
    const server = await startApi(t);
    const cookie = await signedIn(server);
    const answer = await server.fetch('/api/v1/workspace', {
      key: '',
      method: 'PATCH',
      body: JSON.stringify({ name: 'Changed' }),
      headers: { cookie, ...headers },
    });
    assert.equal(answer.status, status);
    const { name } = (await server.accounts.workspace(server.tenant.workspaceId)) ?? {};
    assert.equal(name === 'Changed', status === 200);
  });
}

test('a change by cookie with our own Origin is done', async (t) => {
  const server = await startApi(t);
  const cookie = await signedIn(server);
  const answer = await server.fetch('/api/v1/workspace', {
    key: '',
    method: 'PATCH',
    body: JSON.stringify({ name: 'Changed' }),
    headers: { cookie, origin: server.url },
  });
  assert.equal(answer.status, 200);
});

test('another site cannot sign a visitor in', async (t) => {
  const server = await startApi(t);
  await signedIn(server);
  const answer = await server.fetch('/api/v1/session', {
    key: '',
    headers: { 'sec-fetch-site': 'cross-site' },
    ...json({ email: 'ann@example.org', password: 'correct horse battery' }),
  });
  assert.equal(answer.status, 403);
});

test('an API key has no session to read', async (t) => {
  const server = await startApi(t);
  assert.equal((await server.fetch('/api/v1/session')).status, 403);
});

test("the sender's address is noted for sessions from elsewhere, never for loopback", async (t) => {
  const server = await startApi(t);
  const cookie = await signedIn(server);
  const from = (address?: string) =>
    server.fetch('/api/v1/session', {
      key: '',
      headers: { cookie, ...(address === undefined ? {} : { 'x-forwarded-for': address }) },
    });
  await from();
  await from('203.0.113.7');
  await from('203.0.113.7');
  const rows = await server.engine.db.selectFrom('sender_addresses').select('ip').execute();
  assert.deepEqual(rows, [{ ip: '203.0.113.7' }]);
});

test('behind HTTPS the cookie is for HTTPS only', async (t) => {
  const server = await startApi(t);
  const token = await setupToken(server);
  const answer = await server.fetch('/api/v1/setup', {
    key: '',
    headers: { 'x-forwarded-proto': 'https' },
    ...json({ ...SETUP, token }),
  });
  assert.match(answer.headers.get('set-cookie') ?? '', /; Secure$/);
});
