import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KyselyQueueStore } from '../../src/storage/queue-store.ts';
import { startApi, type ApiServer, type Tenant } from '../support/api-server.ts';

/** Something of every kind in a workspace, by the parameter's place in the route. */
async function furnish(server: ApiServer, tenant: Tenant): Promise<Record<string, string>> {
  const create = async (path: string, body: unknown): Promise<string> => {
    const answer = await server.fetch(path, {
      method: 'POST',
      body: JSON.stringify(body),
      key: tenant.apiKey,
    });
    assert.equal(answer.status, 201, path);
    return ((await answer.json()) as { id: string }).id;
  };
  const [delivery] = await server.seed(tenant, {
    subject: 'Secret plans',
    recipients: ['hidden@example.net'],
  });
  assert.ok(delivery !== undefined);
  await server.addEvent(delivery, { actor: 'human', ip: '198.51.100.99' });
  await server.engine.db
    .insertInto('captured')
    .values({
      id: `captured-${tenant.workspaceId}`,
      workspace_id: tenant.workspaceId,
      delivery_id: delivery.id,
      tracking_number: delivery.trackingNumber,
      recipient: 'hidden@example.net',
      from_address: 'ann@example.org',
      subject: 'Secret plans',
      raw: Buffer.from('Subject: Secret plans\r\n\r\nhidden@example.net'),
      captured_at: 1,
    })
    .execute();
  const queueId = `queued-${tenant.workspaceId}`;
  await new KyselyQueueStore(server.engine).enqueueUntracked({
    workspaceId: tenant.workspaceId,
    id: queueId,
    raw: Buffer.from('Subject: Secret plans\r\n\r\nhidden@example.net'),
    envelopeFrom: 'ann@example.org',
    recipients: [
      {
        address: 'hidden@example.net',
        options: {
          wayOut: 'smarthost',
          copy: null,
          trackingNumber: null,
          from: 'ann@example.org',
          subject: 'Secret plans',
        },
      },
    ],
    createdAt: 1,
    expiresAt: 2,
  });
  const channelId = await create('/api/v1/channels', {
    name: 'Secret channel',
    config: { kind: 'email', to: 'hidden@example.net' },
  });
  return {
    '/api/v1/messages/:id': delivery.messageId,
    '/api/v1/messages/:id/sent': delivery.messageId,
    '/api/v1/deliveries/:trackingNumber': delivery.trackingNumber,
    '/api/v1/deliveries/:trackingNumber/events': delivery.trackingNumber,
    '/api/v1/api-keys/:id': await create('/api/v1/api-keys', { name: 'Secret key' }),
    '/api/v1/smtp-credentials/:id': await create('/api/v1/smtp-credentials', { label: 'Secret label' }),
    '/api/v1/channels/:id': channelId,
    '/api/v1/channels/:id/test': channelId,
    '/api/v1/rules/:id': await create('/api/v1/rules', {
      name: 'Secret rule',
      trigger: 'click',
      channelIds: [channelId],
      enabled: true,
    }),
    '/api/v1/queue/:id': `${queueId}:0`,
    '/api/v1/queue/:id/retry': `${queueId}:0`,
    '/api/v1/inbox/:trackingNumber': delivery.trackingNumber,
    '/api/v1/inbox/:trackingNumber/frame': delivery.trackingNumber,
  };
}

/** Public by design; the page's token is the proof. */
const OPEN_TO_ALL = new Set([
  '/api/v1/setup',
  '/api/v1/session',
  '/api/v1/attributions',
  '/api/v1/openapi.json',
  '/r/:token',
  '/healthz',
  '/readyz',
  '/metrics',
]);

test('whatever the route, nothing of another workspace is seen or changed, and without a key nothing at all', async (t) => {
  const server = await startApi(t);
  const owner = await server.newTenant();
  const stranger = await server.newTenant();
  const ids = await furnish(server, owner);
  const tables = [
    'messages',
    'deliveries',
    'events',
    'api_keys',
    'smtp_credentials',
    'channels',
    'rules',
    'queue',
  ] as const;
  const snapshot = async () =>
    JSON.stringify(
      await Promise.all(
        tables.map((table) =>
          server.engine.db
            .selectFrom(table)
            .selectAll()
            .where('workspace_id', '=', owner.workspaceId)
            .execute(),
        ),
      ),
      (key, value: unknown) => (key === 'last_used_at' ? undefined : value),
    );
  const before = await snapshot();
  for (const route of Object.keys(server.api.routes)) {
    const [method = '', path = ''] = route.split(' ');
    if (OPEN_TO_ALL.has(path) || path === '/api/v1/events/stream') continue;
    const id = ids[path];
    assert.ok(!path.includes(':') || id !== undefined, `${route} has an example in this test`);
    const url = path.replace(/:\w+/, id ?? '');
    const init = {
      method,
      ...(method === 'PATCH' ? { body: '{}' } : {}),
      ...(method === 'POST' && id === undefined ? { body: '{}' } : {}),
    };
    assert.equal((await server.fetch(url, { ...init, key: '' })).status, 401, `${route} without a key`);
    const answer = await server.fetch(url, { ...init, key: stranger.apiKey });
    const text = await answer.text();
    if (id !== undefined) assert.equal(answer.status, 404, `${route} by a stranger: ${text}`);
    assert.doesNotMatch(text, /Secret|hidden@/, `${route} by a stranger`);
  }
  assert.equal(await snapshot(), before);
});

test("a stranger's event stream stays silent", async (t) => {
  const server = await startApi(t);
  const stranger = await server.newTenant();
  const [delivery] = await server.seed(server.tenant);
  assert.ok(delivery !== undefined);
  await server.addEvent(delivery);
  const controller = new AbortController();
  const answer = await server.fetch('/api/v1/events/stream?lastEventId=0', {
    key: stranger.apiKey,
    signal: controller.signal,
  });
  const reader = answer.body?.getReader();
  await server.addEvent(delivery);
  const [own] = await server.seed(stranger, { subject: 'My own' });
  assert.ok(own !== undefined);
  let text = '';
  while (!text.includes('data:')) text += Buffer.from((await reader?.read())?.value ?? []).toString();
  assert.match(text, /My own/);
  assert.doesNotMatch(text, /The offer/);
  controller.abort();
});

test("a rule cannot name another workspace's channel", async (t) => {
  const server = await startApi(t);
  const other = await server.newTenant();
  const created = await server.fetch('/api/v1/channels', {
    method: 'POST',
    key: other.apiKey,
    body: JSON.stringify({ name: 'Theirs', config: { kind: 'email', to: 'a@example.org' } }),
  });
  const { id } = (await created.json()) as { id: string };
  const answer = await server.fetch('/api/v1/rules', {
    method: 'POST',
    body: JSON.stringify({ name: 'Mine', trigger: 'click', channelIds: [id], enabled: true }),
  });
  assert.equal(answer.status, 400);
});

test('an objection in one workspace says nothing to another', async (t) => {
  const server = await startApi(t);
  const other = await server.newTenant();
  const [delivery] = await server.seed(server.tenant, { recipients: ['bob@example.net'] });
  const [theirs] = await server.seed(other, { recipients: ['bob@example.net'] });
  assert.ok(delivery !== undefined && theirs !== undefined);
  await fetch(`${server.url}${delivery.page}`, { method: 'POST' });
  const objected = (of: Tenant) => server.privacyStore.objectedAmong(of.workspaceId, ['bob@example.net']);
  assert.equal((await objected(server.tenant)).size, 1);
  assert.equal((await objected(other)).size, 0);
  const denied = await server.denied();
  assert.deepEqual(
    denied.map(({ target }) => target),
    [delivery.id],
  );
});
