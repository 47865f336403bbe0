import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areForThisMachine } from './own-listeners.ts';

const on = (host: string) => ({ host, port: 2587 });

test('a credential is printed only while every submission listener is this machine’s own', () => {
  assert.equal(areForThisMachine([on('127.0.0.1'), undefined]), true);
  assert.equal(areForThisMachine([on('::1'), on('localhost')]), true);
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'mail.example.org']) {
    assert.equal(areForThisMachine([on(host), undefined]), false, host);
    assert.equal(areForThisMachine([on('127.0.0.1'), on(host)]), false, `implicit TLS on ${host}`);
  }
  assert.equal(areForThisMachine([undefined, undefined]), false);
});
