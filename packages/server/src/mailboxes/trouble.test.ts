import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../kernel/errors.ts';
import { troubleOf } from './trouble.ts';

const PLACE = { host: 'mail.example.org', port: 993 };

test('what a service says about a sign-in decides whether the password is to blame', () => {
  const refused = { authenticationFailed: true, response: 'Invalid credentials (Failure)' };
  assert.equal(troubleOf(refused, PLACE).kind, 'sign-in');
  assert.match(troubleOf(refused, PLACE).text, /\(Invalid credentials \(Failure\)\)/);
  const busy = { ...refused, serverResponseCode: 'UNAVAILABLE', responseText: 'try again' };
  assert.equal(troubleOf(busy, PLACE).kind, 'refused');
});

test('certificates, networks, folders and our own store each have their words', () => {
  const kinds = [
    [Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }), 'certificate'],
    [
      new Error('x', { cause: Object.assign(new Error('y'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }) }),
      'certificate',
    ],
    [Object.assign(new Error('x'), { tlsFailed: true }), 'no-tls'],
    [Object.assign(new Error('x'), { code: 'ENOTFOUND' }), 'network'],
    [Object.assign(new Error('x'), { mailboxMissing: true }), 'folder'],
    [Object.assign(new Error('x'), { responseText: 'over quota' }), 'refused'],
    [new AppError('unavailable', 'The store is away.'), 'store'],
    ['anything', 'network'],
    [undefined, 'network'],
  ] as const;
  for (const [error, kind] of kinds) assert.equal(troubleOf(error, PLACE, 'Sent').kind, kind);
});

test('what a server says is quoted as one harmless line', () => {
  const { text } = troubleOf({ responseText: `a\r\nb\u001b[31m ${'x'.repeat(500)}` }, PLACE);
  assert.match(text, /^[\x20-\x7e]{1,260}$/);
});
