import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientAddress, networkList } from './client-address.ts';

const trusted = networkList(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']);

test('without a trusted proxy the peer is the client, whatever the header claims', () => {
  assert.equal(clientAddress('203.0.113.9', '198.51.100.1', trusted), '203.0.113.9');
  assert.equal(clientAddress('203.0.113.9', undefined, networkList([])), '203.0.113.9');
});

test('the first hop from the right that is not trusted is the client', () => {
  assert.equal(clientAddress('10.1.1.1', '198.51.100.1', trusted), '198.51.100.1');
  assert.equal(clientAddress('10.1.1.1', '1.1.1.1, 198.51.100.1, 10.2.2.2', trusted), '198.51.100.1');
  assert.equal(clientAddress('192.0.2.7', ['1.1.1.1', '198.51.100.1, 2001:db8::5'], trusted), '198.51.100.1');
});

test('ports, brackets, zones and mapped addresses are read as the plain address', () => {
  assert.equal(clientAddress('::ffff:10.1.1.1', '198.51.100.1:4711', trusted), '198.51.100.1');
  assert.equal(clientAddress('10.1.1.1', '[2A00:1::2]:80', trusted), '2a00:1::2');
  assert.equal(clientAddress('fe80::1%eth0', undefined, trusted), 'fe80::1');
  assert.equal(clientAddress('10.1.1.1', '2A00:0001:0:0::0002', trusted), '2a00:1::2');
  assert.equal(clientAddress('10.1.1.1', '::FFFF:c633:6401', trusted), '198.51.100.1');
});

test('garbage in the header ends the walk at the last good hop', () => {
  assert.equal(clientAddress('10.1.1.1', 'unknown', trusted), '10.1.1.1');
  assert.equal(clientAddress('10.1.1.1', '198.51.100.1, <script>', trusted), '10.1.1.1');
  assert.equal(clientAddress(undefined, '198.51.100.1', trusted), undefined);
});

test('when every hop is trusted, the first of them is the client', () => {
  assert.equal(clientAddress('10.1.1.1', '10.3.3.3, 10.2.2.2', trusted), '10.3.3.3');
  assert.equal(clientAddress('10.1.1.1', '', trusted), '10.1.1.1');
});

test('what is no network is named at start', () => {
  for (const cidr of ['999.1.1.1/8', '10.0.0.0/64', 'proxy', '2001:db8::/129']) {
    assert.throws(
      () => networkList([cidr]),
      (error: Error & { code?: string }) => error.code === 'misconfigured' && error.message.includes(cidr),
    );
  }
});
