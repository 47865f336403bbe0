import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelConfig } from '@waybill/sdk';
import { AppError } from '../kernel/errors.ts';
import { AddressPolicy } from './address-policy.ts';
import { completeConfig, masked, secretBytes } from './channel-config.ts';

const policy = new AddressPolicy([]);
const random = (n: number): Uint8Array => new Uint8Array(n).fill(7);
const complete = (input: ChannelConfig, current?: ChannelConfig): ChannelConfig =>
  completeConfig(input, { policy, random }, current);

const sms: Extract<ChannelConfig, { kind: 'sms' }> = {
  kind: 'sms',
  gatewayUrl: 'https://api.example.org',
  accountSid: 'AC0123',
  authToken: 'a-long-secret-token',
  from: '+4930123456',
  to: '+4915112345678',
};

function badFields(input: ChannelConfig): string[] {
  try {
    complete(input);
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'invalid-input');
    for (const { message } of error.fields) assert.ok(message.length > 5);
    return error.fields.map(({ field }) => field);
  }
  return [];
}

test('a webhook without a secret gets one that Standard Webhooks allows', () => {
  const config = complete({ kind: 'webhook', url: 'https://example.org/hook' });
  assert.ok(config.kind === 'webhook');
  assert.deepEqual(secretBytes(config.secret ?? ''), Buffer.alloc(32, 7));
});

test('each bad field is named', () => {
  assert.deepEqual(badFields({ kind: 'email', to: 'ann' }), ['config.to']);
  assert.deepEqual(badFields({ kind: 'email', to: 'ann@example.org\r\nBcc: all@example.org' }), [
    'config.to',
  ]);
  assert.deepEqual(badFields({ kind: 'sms-mail', to: '' }), ['config.to']);
  assert.deepEqual(badFields({ kind: 'webhook', url: 'ftp://example.org', secret: 'whsec_short' }), [
    'config.url',
    'config.secret',
  ]);
  assert.deepEqual(
    badFields({ kind: 'sms', gatewayUrl: 'x', accountSid: 'a/b', authToken: '', from: '!', to: '0151' }),
    ['config.gatewayUrl', 'config.accountSid', 'config.authToken', 'config.from', 'config.to'],
  );
});

test('good configurations pass as they are', () => {
  const good: ChannelConfig[] = [
    { kind: 'email', to: 'Ann <ann@example.org>' },
    { kind: 'sms-mail', to: '4915112345678@sms.example.org' },
    {
      kind: 'webhook',
      url: 'https://example.org:8443/hook?a=b',
      secret: `whsec_${Buffer.alloc(24).toString('base64')}`,
    },
    sms,
    { ...sms, from: 'Waybill', gatewayUrl: 'https://api.example.org/base/' },
  ];
  for (const config of good) assert.deepEqual(complete(config), config);
});

test('targets inside are refused when they are configured already, in every spelling', () => {
  const urls = [
    'http://127.0.0.1/hook',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://017700000001/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data/',
    'https://user:pass@example.org/',
    'http://example.org:25/',
    'http://example.org:6379/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://',
  ];
  for (const url of urls) assert.deepEqual(badFields({ kind: 'webhook', url }), ['config.url'], url);
});

test('what is read shows no secret', () => {
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const webhook = masked({ kind: 'webhook', url: 'https://example.org/', secret });
  assert.ok(webhook.kind === 'webhook' && !webhook.secret?.includes(secret.slice(6, 20)));
  const text = JSON.stringify(masked(sms));
  assert.doesNotMatch(text, /a-long-secret/);
  assert.match(text, /oken"/, 'the last letters stay, to recognise it by');
});

test('a masked secret sent back keeps the old one', () => {
  const webhook = complete({ kind: 'webhook', url: 'https://example.org/' });
  assert.deepEqual(complete(masked(webhook), webhook), webhook);
  assert.deepEqual(complete({ kind: 'webhook', url: 'https://example.org/' }, webhook), webhook);
  assert.deepEqual(complete({ ...masked(sms), to: '+4915100000000' } as ChannelConfig, sms), {
    ...sms,
    to: '+4915100000000',
  });
});

test('a kept token does not follow the channel to another gateway', () => {
  const moved = { ...masked(sms), gatewayUrl: 'https://evil.example.org' } as ChannelConfig;
  assert.throws(
    () => complete(moved, sms),
    (error) => error instanceof AppError && error.fields[0]?.field === 'config.authToken',
  );
});
