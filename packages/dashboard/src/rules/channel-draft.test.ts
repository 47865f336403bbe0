import assert from 'node:assert/strict';
import test from 'node:test';
import { channelConfigOf, draftOf } from './channel-draft.ts';

test('a secret that was not typed anew goes back masked, which keeps it', () => {
  const current = { kind: 'webhook', url: 'https://example.org/hook', secret: 'whsec_••••' } as const;
  assert.equal(draftOf(current).secret, undefined);
  assert.deepEqual(channelConfigOf('webhook', draftOf(current), current), current);
});

test('a new webhook without a secret leaves making one to the server', () => {
  assert.deepEqual(channelConfigOf('webhook', { url: 'https://example.org/hook' }), {
    kind: 'webhook',
    url: 'https://example.org/hook',
  });
});

test('a new secret does', () => {
  assert.deepEqual(channelConfigOf('webhook', { url: ' https://example.org/hook ', secret: 'whsec_x' }), {
    kind: 'webhook',
    url: 'https://example.org/hook',
    secret: 'whsec_x',
  });
});

test('fields of another kind that were typed before are left behind', () => {
  assert.deepEqual(channelConfigOf('email', { url: 'https://example.org', to: 'ann@example.org' }), {
    kind: 'email',
    to: 'ann@example.org',
  });
});
