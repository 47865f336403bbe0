import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  mayAddRecipient,
  mayAuthenticate,
  mayHaveSize,
  mayPassFilter,
  maySubmit,
  mayUseSender,
} from './session-policy.ts';

test('signing in needs TLS, except on loopback when that is allowed', () => {
  const may = (secure: boolean, remoteAddress: string, allowPlainOnLoopback: boolean) =>
    mayAuthenticate({ secure, remoteAddress }, { allowPlainOnLoopback })?.code;
  assert.equal(may(true, '192.0.2.1', false), undefined);
  assert.equal(may(false, '127.0.0.1', true), undefined);
  assert.equal(may(false, '::1', true), undefined);
  assert.equal(may(false, '127.0.0.1', false), 538);
  assert.equal(may(false, '192.0.2.1', true), 538);
  assert.equal(may(false, '', true), 538);
});

test('nobody submits without having signed in', () => {
  const stranger = { secure: true, remoteAddress: '127.0.0.1', sender: undefined };
  assert.equal(maySubmit(stranger, 'a@example.org')?.code, 530);
  assert.equal(maySubmit(stranger, '')?.code, 530);
  assert.equal(maySubmit({ ...stranger, sender: { allowedFrom: undefined } }, 'a@example.org'), undefined);
});

test('an account bound to addresses or domains sends from these only, and may always use the empty sender', () => {
  const allowed = ['ann@example.org', '@example.net'];
  assert.equal(mayUseSender(allowed, 'Ann@Example.ORG'), undefined);
  assert.equal(mayUseSender(allowed, 'anybody@example.net'), undefined);
  assert.equal(mayUseSender(allowed, ''), undefined);
  assert.equal(mayUseSender(allowed, 'bob@example.org')?.code, 553);
  assert.equal(mayUseSender(allowed, 'a@evil-example.net')?.code, 553);
  assert.equal(mayUseSender(allowed, 'x@example.net@evil.test')?.code, 553);
  assert.equal(mayUseSender([], 'a@example.org')?.code, 553);
});

test('limits refuse with the codes of RFC 3463', () => {
  assert.equal(mayAddRecipient(99, 100), undefined);
  assert.equal(mayAddRecipient(100, 100)?.enhanced, '4.5.3');
  assert.equal(mayHaveSize(1000, 1000), undefined);
  assert.equal(mayHaveSize(1001, 1000)?.enhanced, '5.3.4');
  assert.equal(mayPassFilter(true), undefined);
  assert.equal(mayPassFilter(false)?.code, 554);
});
