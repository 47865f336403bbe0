import assert from 'node:assert/strict';
import test from 'node:test';
import { channelConfigOf, draftOf } from './channel-draft.ts';

test('a masked secret never goes back to the server', () => {
  const draft = draftOf({ kind: 'webhook', url: 'https://example.org/hook', secret: '••••' });
  assert.deepEqual(channelConfigOf('webhook', draft), { kind: 'webhook', url: 'https://example.org/hook' });
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
