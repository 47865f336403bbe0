import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionCount } from './connection-count.ts';

type Opened = ReturnType<ConnectionCount['open']>;
const code = (opened: Opened) => ('refusal' in opened ? opened.refusal.enhanced : undefined);
const release = (opened: Opened) => 'release' in opened && opened.release();

test('connections are limited in total, and one that ends makes room, however often it is said', () => {
  const count = new ConnectionCount({ total: 2, perAddress: 5 });
  const first = count.open('192.0.2.1');
  count.open('192.0.2.2');
  assert.equal(code(count.open('192.0.2.3')), '4.3.2');
  release(first);
  release(first);
  assert.equal(code(count.open('192.0.2.3')), undefined);
  assert.equal(code(count.open('192.0.2.4')), '4.3.2');
});

test('connections are limited per IPv4 address and per IPv6 /64', () => {
  const count = new ConnectionCount({ total: 100, perAddress: 1 });
  const first = count.open('2001:db8::1');
  assert.equal(code(count.open('2001:db8::2')), '4.7.0');
  assert.equal(code(count.open('2001:db8:0:1::2')), undefined);
  release(first);
  assert.equal(code(count.open('2001:db8::2')), undefined);
});

test('programs on this machine and trusted servers are limited in total only', () => {
  const count = new ConnectionCount({ total: 4, perAddress: 1 });
  for (const [address, trusted] of [
    ['127.0.0.1', false],
    ['127.0.0.1', false],
    ['192.0.2.1', true],
    ['192.0.2.1', true],
  ] as const) {
    assert.equal(code(count.open(address, trusted)), undefined);
  }
  assert.equal(code(count.open('127.0.0.1')), '4.3.2');
});
