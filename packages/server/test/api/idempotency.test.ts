import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { CreatedMessage } from '@waybill/sdk';
import { json, MAIL, startApi, type ApiServer } from '../support/api-server.ts';

function post(server: ApiServer, key: string, mail: object = MAIL, apiKey?: string): Promise<Response> {
  return server.fetch('/api/v1/messages', {
    ...json(mail),
    headers: { 'idempotency-key': key },
    ...(apiKey === undefined ? {} : { key: apiKey }),
  });
}

test('a repeated request gets the stored answer and sends nothing', async (t) => {
  const server = await startApi(t);
  const first = await post(server, 'order-1');
  assert.equal(first.status, 201);
  assert.equal(first.headers.get('idempotent-replayed'), null);
  const again = await post(server, 'order-1');
  assert.equal(again.status, 201);
  assert.equal(again.headers.get('idempotent-replayed'), 'true');
  assert.equal(again.headers.get('location'), first.headers.get('location'));
  assert.equal(await again.text(), await first.text());
  assert.equal(server.accepted(), 1);
});

test('the same key with another body is refused', async (t) => {
  const server = await startApi(t);
  await post(server, 'order-1');
  const other = await post(server, 'order-1', { ...MAIL, subject: 'Another' });
  assert.equal(other.status, 409);
  assert.equal(server.accepted(), 1);
});

test('of concurrent duplicates one is done, the others are told to ask again', async (t) => {
  const server = await startApi(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.gate.wait = promise;
  const refused = Promise.withResolvers<Response[]>();
  const others: Response[] = [];
  const requests = Array.from({ length: 6 }, async () => {
    const answer = await post(server, 'order-1');
    if (answer.status === 409 && others.push(answer) === 5) refused.resolve(others);
    return answer.status;
  });
  assert.equal((await refused.promise)[0]?.headers.get('retry-after'), '1');
  resolve();
  assert.deepEqual((await Promise.all(requests)).toSorted(), [201, 409, 409, 409, 409, 409]);
  assert.equal((await post(server, 'order-1')).headers.get('idempotent-replayed'), 'true');
  assert.equal(server.accepted(), 1);
});

test('workspaces do not share keys', async (t) => {
  const server = await startApi(t);
  const other = await server.newTenant();
  await post(server, 'order-1');
  const theirs = await post(server, 'order-1', MAIL, other.apiKey);
  assert.equal(theirs.status, 201);
  assert.equal(theirs.headers.get('idempotent-replayed'), null);
  assert.equal(server.accepted(), 2);
});

test('a request that failed may be tried again with its key', async (t) => {
  const server = await startApi(t);
  const bad = { name: 'R', trigger: 'click', channelIds: ['unknown'], enabled: true };
  const send = () =>
    server.fetch('/api/v1/rules', { ...json(bad), headers: { 'idempotency-key': 'rule-1' } });
  assert.equal((await send()).status, 400);
  const again = await send();
  assert.equal(again.status, 400);
  assert.equal(again.headers.get('idempotent-replayed'), null);
});

test('after a crash between acceptance and answer, the repetition finds the mail and sends no second one', async (t) => {
  const server = await startApi(t);
  const created = (await (await post(server, 'order-1')).json()) as CreatedMessage;
  // As the row is when the process dies before the answer is stored.
  const crashed = () =>
    server.engine.db
      .updateTable('idempotency_keys')
      .set({ status: 0, response: 'an earlier start' })
      .execute();
  await crashed();
  const again = await post(server, 'order-1');
  assert.equal(again.status, 201);
  assert.equal(((await again.json()) as CreatedMessage).id, created.id);
  assert.equal(server.accepted(), 1);
  await crashed();
  await server.engine.db.deleteFrom('deliveries').execute();
  await server.engine.db.deleteFrom('events').execute();
  await server.engine.db.deleteFrom('messages').execute();
  const redone = await post(server, 'order-1');
  assert.equal(redone.status, 201);
  assert.equal(((await redone.json()) as CreatedMessage).id, created.id);
  assert.equal(server.accepted(), 2);
});

test('when the store fails behind the acceptance, the repetition finds the mail and sends no second one', async (t) => {
  const server = await startApi(t);
  await sql`create trigger broken before update of response on idempotency_keys
    begin select raise(abort, 'the disk is broken'); end`.execute(server.engine.db);
  assert.equal((await post(server, 'order-1')).status, 500);
  assert.equal(server.accepted(), 1);
  server.clock.now += 1_000;
  const stillBroken = await Promise.all([post(server, 'order-1'), post(server, 'order-1')]);
  assert.ok(stillBroken.every(({ status }) => status === 409 || status === 500));
  await sql`drop trigger broken`.execute(server.engine.db);
  const again = await post(server, 'order-1');
  assert.equal(again.status, 201);
  assert.equal(server.accepted(), 1);
  assert.equal((await post(server, 'order-1')).headers.get('idempotent-replayed'), 'true');
});

test('a key is forgotten after a day', async (t) => {
  const server = await startApi(t);
  await post(server, 'order-1');
  server.clock.now += 86_400_001;
  await server.api.housekeep();
  const later = await post(server, 'order-1');
  assert.equal(later.status, 201);
  assert.equal(later.headers.get('idempotent-replayed'), null);
});

const secretMakers = [
  ['/api/v1/api-keys', { name: 'K' }, 'secret'],
  ['/api/v1/smtp-credentials', { label: 'L' }, 'password'],
  [
    '/api/v1/channels',
    { name: 'W', config: { kind: 'webhook', url: 'https://hooks.example.org/' } },
    'config',
  ],
] as const;

for (const [path, body, field] of secretMakers) {
  test(`${path}: a repetition gets the same secret again, and the database holds none that could be read`, async (t) => {
    const server = await startApi(t);
    const create = () => server.fetch(path, { ...json(body), headers: { 'idempotency-key': 'k' } });
    const first = await create();
    assert.equal(first.status, 201);
    const made = (await first.json()) as Record<string, unknown>;
    const again = await create();
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    assert.deepEqual(await again.json(), made);
    const list = (await (await server.fetch(path)).json()) as { items: { id: string }[] };
    assert.equal(list.items.filter(({ id }) => id === made['id']).length, 1);
    const value = made[field] as string | { secret: string };
    const secret = typeof value === 'string' ? value : value.secret;
    assert.ok(secret.length > 10);
    const rows = JSON.stringify(await server.engine.db.selectFrom('idempotency_keys').selectAll().execute());
    assert.ok(rows.includes('"k"') && !rows.includes(secret) && !rows.includes(String(made['id'])));
  });
}

test('a secret is repeated to nobody but who asked for it, not even within the workspace', async (t) => {
  const server = await startApi(t);
  const create = (key?: string) =>
    server.fetch('/api/v1/api-keys', {
      ...json({ name: 'K' }),
      headers: { 'idempotency-key': 'k' },
      ...(key === undefined ? {} : { key }),
    });
  const { secret } = (await (await create()).json()) as { secret: string };
  const other = await create(secret);
  assert.equal(other.status, 409);
  assert.doesNotMatch(await other.text(), new RegExp(secret));
});

test('a key that is no key is refused', async (t) => {
  const server = await startApi(t);
  for (const key of ['a b', 'x'.repeat(256)]) assert.equal((await post(server, key)).status, 400);
});
