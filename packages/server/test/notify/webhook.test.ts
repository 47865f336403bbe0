import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { systemClock } from '../../src/kernel/clock.ts';
import type { MessageId, WorkspaceId } from '../../src/kernel/ids.ts';
import { AddressPolicy } from '../../src/notify/address-policy.ts';
import type { Outgoing, SendResult } from '../../src/notify/channels/channel.ts';
import { webhookSender } from '../../src/notify/channels/webhook.ts';
import type { DeliveryNotification } from '../../src/notify/notification.ts';
import { OutboundHttp, type Resolve } from '../../src/notify/outbound-http.ts';
import { wordsFor } from '../../src/notify/words.ts';
import { receiver } from '../support/receivers.ts';

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const LOOPBACK = new AddressPolicy(['127.0.0.0/8']);

const notification: DeliveryNotification = {
  trigger: 'first-open',
  workspaceId: 1 as WorkspaceId,
  messageId: '0'.repeat(32) as MessageId,
  trackingNumber: 'WB-7K3M-9QXD-2F4T',
  recipient: 'ann@example.org',
  subject: 'Angebot für “2026”',
  event: { at: Date.UTC(2026, 10, 23, 14), type: 'opened', actor: 'human', confidence: 0.93 },
  verdict: { state: 'read', confidence: 0.93, reasons: [], settled: true },
};
const outgoing: Outgoing = {
  notification,
  words: wordsFor(notification, 'https://w.example.org'),
  url: 'https://w.example.org/deliveries/WB-7K3M-9QXD-2F4T',
};

function post(
  url: string,
  { policy = LOOPBACK, ...options }: { policy?: AddressPolicy; resolve?: Resolve; timeoutMs?: number } = {},
): Promise<SendResult> {
  const sender = webhookSender(new OutboundHttp(policy, options), systemClock);
  const signal = new AbortController().signal;
  return sender.send({ kind: 'webhook', url, secret: SECRET }, outgoing, {
    idempotencyKey: 'msg_abc',
    signal,
  });
}

async function listen(t: TestContext, listener: RequestListener): Promise<{ port: number; url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}/hook` };
}

test('an independent Standard Webhooks library accepts the signature, and not of an altered body', async (t) => {
  const hook = await receiver(() => ({ status: 204, body: '' }));
  t.after(() => hook.close());
  assert.equal((await post(`${hook.url}/hook`)).ok, true);
  const [request] = hook.requests;
  assert.ok(request);
  const headers = request.headers as Record<string, string>;
  const payload = new Webhook(SECRET).verify(request.body, headers) as Record<string, unknown>;
  assert.deepEqual(payload, {
    type: 'delivery.opened',
    timestamp: '2026-11-23T14:00:00.000Z',
    data: {
      trackingNumber: 'WB-7K3M-9QXD-2F4T',
      messageId: '0'.repeat(32),
      recipient: 'ann@example.org',
      subject: 'Angebot für “2026”',
      trigger: 'first-open',
      event: { at: '2026-11-23T14:00:00.000Z', type: 'opened', actor: 'human', confidence: 0.93 },
      verdict: { state: 'read', confidence: 0.93, reasons: [], settled: true },
      url: 'https://w.example.org/deliveries/WB-7K3M-9QXD-2F4T',
    },
  });
  assert.equal(headers['webhook-id'], 'msg_abc');
  assert.throws(() => new Webhook(SECRET).verify(request.body.replace('ann', 'bob'), headers));
});

test('what goes wrong passes with time, except a receiver that is gone', async (t) => {
  for (const status of [400, 401, 404, 429, 500, 503]) {
    const hook = await receiver(() => ({ status, body: {} }));
    t.after(() => hook.close());
    const result = await post(hook.url);
    assert.ok(!result.ok && !result.permanent, `${status}`);
    assert.match(result.detail, new RegExp(`${status}`));
  }
  const gone = await receiver(() => ({ status: 410, body: {} }));
  t.after(() => gone.close());
  const result = await post(gone.url);
  assert.ok(!result.ok && result.permanent);
});

test('Retry-After is passed on', async (t) => {
  const { url } = await listen(t, (_, response) => response.writeHead(503, { 'retry-after': '120' }).end());
  const result = await post(url);
  assert.ok(!result.ok);
  assert.equal(result.retryAfterMs, 120_000);
});

test('a redirect is not followed', async (t) => {
  const inside = await receiver(() => ({ status: 200, body: {} }));
  t.after(() => inside.close());
  const { url } = await listen(t, (_, response) => response.writeHead(307, { location: inside.url }).end());
  const result = await post(url);
  assert.ok(!result.ok);
  assert.match(result.detail, /Redirects are not followed/);
  assert.equal(inside.requests.length, 0);
});

test('without permission, nothing inside is ever asked, by number or by name', async (t) => {
  const inside = await receiver(() => ({ status: 200, body: {} }));
  t.after(() => inside.close());
  const { port } = new URL(inside.url);
  const policy = new AddressPolicy([]);
  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', 'localhost']) {
    const result = await post(`http://${host}:${port}/`, { policy });
    assert.ok(!result.ok && result.permanent, host);
    assert.match(result.detail, /not on the public internet/);
  }
  const byName = await post(`http://hook.example.org:${port}/`, {
    policy,
    resolve: async () => ['127.0.0.1', '10.0.0.1', '::1', '::ffff:127.0.0.1'],
  });
  assert.ok(!byName.ok && byName.permanent);
  assert.equal(inside.requests.length, 0);
});

test('the connection goes to the vetted address: a second look-up cannot turn it elsewhere', async (t) => {
  const hook = await receiver(() => ({ status: 200, body: {} }));
  t.after(() => hook.close());
  const answers = [['127.0.0.1'], ['169.254.169.254']];
  let lookUps = 0;
  const resolve: Resolve = async () => answers[lookUps++] ?? [];
  const target = `http://hook.invalid:${new URL(hook.url).port}/`;
  assert.equal((await post(target, { resolve })).ok, true);
  assert.equal(lookUps, 1);
  assert.match(hook.requests[0]?.headers.host ?? '', /^hook\.invalid:/);
  // The next notification asks again, and the name has moved inside.
  const moved = await post(target, { resolve });
  assert.ok(!moved.ok && moved.permanent);
  assert.equal(hook.requests.length, 1);
});

test('of several addresses only permitted ones are used', async (t) => {
  const hook = await receiver(() => ({ status: 200, body: {} }));
  t.after(() => hook.close());
  const resolve: Resolve = async () => ['10.0.0.1', '127.0.0.1'];
  assert.equal(
    (await post(`http://hook.invalid:${new URL(hook.url).port}/`, { resolve, timeoutMs: 2_000 })).ok,
    true,
  );
});

test('a receiver that never answers, or never ends its answer, is left', async (t) => {
  const silent = await listen(t, () => {});
  const result = await post(silent.url, { timeoutMs: 100 });
  assert.ok(!result.ok && !result.permanent);
  assert.match(result.detail, /in time/);
  const endless = await listen(t, (_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(Buffer.alloc(16_384)), 1);
    response.on('close', () => clearInterval(timer));
  });
  assert.equal((await post(endless.url, { timeoutMs: 5_000 })).ok, true);
});

test('a refused connection and an unknown name are told in words', async () => {
  const hook = await receiver(() => ({ status: 200, body: {} }));
  await hook.close();
  const refused = await post(hook.url);
  assert.ok(!refused.ok && !refused.permanent);
  assert.equal(refused.detail, 'The webhook refused the connection.');
  const resolve: Resolve = async () => {
    throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
  };
  const unknown = await post('http://nowhere.invalid/', { resolve });
  assert.ok(!unknown.ok && !unknown.permanent);
  assert.match(unknown.detail, /does not exist/);
});
