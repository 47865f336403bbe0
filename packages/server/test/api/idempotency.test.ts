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

test('answers with secrets are never stored', async (t) => {
  const server = await startApi(t);
  const create = () =>
    server.fetch('/api/v1/api-keys', { ...json({ name: 'K' }), headers: { 'idempotency-key': 'k' } });
  const [first, second] = [await create(), await create()];
  assert.notEqual(await first.text(), await second.text());
  assert.deepEqual(await server.engine.db.selectFrom('idempotency_keys').selectAll().execute(), []);
});

test('a key that is no key is refused', async (t) => {
  const server = await startApi(t);
  for (const key of ['a b', 'x'.repeat(256)]) assert.equal((await post(server, key)).status, 400);
});
