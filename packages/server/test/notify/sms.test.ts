import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkspaceId } from '../../src/kernel/ids.ts';
import { AddressPolicy } from '../../src/notify/address-policy.ts';
import type { SendResult } from '../../src/notify/channels/channel.ts';
import { smsSender } from '../../src/notify/channels/sms.ts';
import { OutboundHttp } from '../../src/notify/outbound-http.ts';
import { wordsFor } from '../../src/notify/words.ts';
import { receiver, smsGateway } from '../support/receivers.ts';

const notification = { trigger: 'test' as const, workspaceId: 1 as WorkspaceId, at: 0 };
const words = { ...wordsFor(notification, 'http://w.example.org'), sms: 'Ann & Böb read "50 % + 1"' };

function send(gatewayUrl: string, authToken = 'token', allowed = ['127.0.0.0/8']): Promise<SendResult> {
  const config = {
    kind: 'sms' as const,
    gatewayUrl,
    accountSid: 'AC1',
    authToken,
    from: '+4930123456',
    to: '+4915112345678',
  };
  return smsSender(new OutboundHttp(new AddressPolicy(allowed))).send(
    config,
    { notification, words, url: '' },
    { idempotencyKey: 'msg_1', signal: new AbortController().signal },
  );
}

test('the gateway gets number, sender and text as a form, with Basic authentication', async (t) => {
  const gateway = await smsGateway('AC1', 'token');
  t.after(() => gateway.close());
  assert.deepEqual(await send(`${gateway.url}/`), { ok: true, detail: 'The gateway took the SMS.' });
  const [request] = gateway.requests;
  assert.equal(request?.path, '/2010-04-01/Accounts/AC1/Messages.json');
  assert.equal(request?.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.deepEqual(Object.fromEntries(new URLSearchParams(request?.body)), {
    To: '+4915112345678',
    From: '+4930123456',
    Body: 'Ann & Böb read "50 % + 1"',
  });
});

test('a wrong token is permanent, says what the gateway said, and is not shown', async (t) => {
  const gateway = await smsGateway('AC1', 'token');
  t.after(() => gateway.close());
  const result = await send(gateway.url, 'wrong-token');
  assert.ok(!result.ok && result.permanent);
  assert.equal(result.detail, 'The gateway answered 401, error 20003: Authenticate');
});

test('errors of the number are permanent, of load and of the gateway temporary', async (t) => {
  const cases: [status: number, code: number | undefined, permanent: boolean][] = [
    [400, 21_211, true],
    [400, 21_610, true],
    [400, 21_611, false],
    [400, 30_001, false],
    [403, undefined, true],
    [429, 20_429, false],
    [500, 20_500, false],
    [503, undefined, false],
  ];
  for (const [status, code, permanent] of cases) {
    const gateway = await receiver(() => ({ status, body: { code, message: 'said so', status } }));
    t.after(() => gateway.close());
    const result = await send(gateway.url);
    assert.ok(!result.ok);
    assert.equal(result.permanent, permanent, `${status} ${code}`);
  }
});

test('a web server that says yes to everything is no gateway', async (t) => {
  const site = await receiver(() => ({ status: 200, body: 'Welcome' }));
  t.after(() => site.close());
  const result = await send(site.url);
  assert.ok(!result.ok && result.permanent);
});

test('a gateway inside is not asked without permission', async (t) => {
  const gateway = await smsGateway('AC1', 'token');
  t.after(() => gateway.close());
  const result = await send(gateway.url, 'token', []);
  assert.ok(!result.ok && result.permanent);
  assert.equal(gateway.requests.length, 0);
});
