import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../kernel/errors.ts';
import { readSmarthostUrl } from './smarthost-url.ts';

test('an address is read with user, password, port and host, and secrets may be percent-encoded', () => {
  assert.deepEqual(readSmarthostUrl('smtp://ann%40example.org:p%3Ass%2F@mail.example.org:2525'), {
    host: 'mail.example.org',
    port: 2525,
    implicitTls: false,
    tls: 'verify',
    credentials: { user: 'ann@example.org', pass: 'p:ss/' },
  });
  assert.equal(readSmarthostUrl('smtp://[::1]').host, '::1');
});

test('ports and TLS have the defaults that suit the address', () => {
  const brief = (url: string) => {
    const { port, tls } = readSmarthostUrl(url);
    return `${port} ${tls}`;
  };
  assert.equal(brief('smtp://relay.example.org'), '25 opportunistic');
  assert.equal(brief('smtp://u:p@relay.example.org'), '587 verify');
  assert.equal(brief('smtp://u:p@127.0.0.1:25'), '25 opportunistic');
  assert.equal(brief('smtps://relay.example.org'), '465 verify');
  assert.equal(brief('smtps://relay.example.org?tls=require'), '465 require');
  assert.equal(brief('smtp://u:p@relay.example.org?tls=opportunistic'), '587 opportunistic');
});

test('what cannot be read is refused without repeating the password', () => {
  for (const url of [
    'mail.example.org',
    'http://a',
    'smtp://',
    'smtp://u:secret@h?tls=maybe',
    'smtps://h?tls=off',
    'smtp://u:%zzsecret@h',
  ]) {
    assert.throws(
      () => readSmarthostUrl(url),
      (error) => error instanceof AppError && error.code === 'misconfigured' && !/secret/.test(error.message),
      url,
    );
  }
});
