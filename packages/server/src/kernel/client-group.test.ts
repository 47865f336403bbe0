import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientGroup } from './client-group.ts';

test('an IPv4 address is one client, also in its IPv6 form', () => {
  assert.equal(clientGroup('192.0.2.1'), '192.0.2.1');
  assert.equal(clientGroup('::ffff:192.0.2.1'), '192.0.2.1');
});

test('all addresses of an IPv6 /64 are one client, however they are written', () => {
  const group = '2001:db8:0:7::/64';
  for (const address of [
    '2001:db8:0:7::1',
    '2001:DB8:0:7:ffff:1:2:3',
    '2001:db8::7:0:0:192.0.2.1',
    '2001:db8:0:7::%eth0',
  ]) {
    assert.equal(clientGroup(address), group, address);
  }
  assert.notEqual(clientGroup('2001:db8:0:8::1'), group);
  assert.equal(clientGroup('::1'), '0:0:0:0::/64');
});
