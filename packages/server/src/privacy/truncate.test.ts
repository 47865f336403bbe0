import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { truncateAddress, truncatePlace } from './truncate.ts';

test('an IPv4 address keeps its /24', () => {
  assert.equal(truncateAddress('203.0.113.77'), '203.0.113.0');
  assert.equal(truncateAddress('::ffff:203.0.113.77'), '203.0.113.0');
});

test('an IPv6 address keeps its /48 in canonical form', () => {
  assert.equal(truncateAddress('2001:db8:1:2:3:4:5:6'), '2001:db8:1::');
  assert.equal(truncateAddress('2001:0db8:0001::1'), '2001:db8:1::');
  assert.equal(truncateAddress('2001:db8::5'), '2001:db8::');
  assert.equal(truncateAddress('::1'), '::');
  assert.equal(truncateAddress('fe80::1%eth0'), 'fe80::');
});

test('what is no address is dropped', () => {
  assert.equal(truncateAddress('example.org'), '');
});

test('truncating twice changes nothing, and the network is all that decides', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (ip) => {
      const once = truncateAddress(ip);
      assert.equal(truncateAddress(once), once);
      assert.notEqual(once, '');
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
      const ip = groups.map((group) => group.toString(16)).join(':');
      const other = [...groups.slice(0, 3), 1, 2, 3, 4, 5].map((group) => group.toString(16)).join(':');
      assert.equal(truncateAddress(ip), truncateAddress(other));
    }),
  );
});

test('a place loses its city and coordinates and says how coarse it is', () => {
  assert.deepEqual(
    truncatePlace({
      grain: 'city',
      country: 'DE',
      region: 'Bavaria',
      city: 'Munich',
      latitude: 48,
      longitude: 11,
    }),
    { grain: 'region', country: 'DE', region: 'Bavaria' },
  );
  assert.deepEqual(truncatePlace({ grain: 'city', country: 'DE', city: 'Munich' }), {
    grain: 'country',
    country: 'DE',
  });
  assert.deepEqual(truncatePlace({ grain: 'local-network' }), { grain: 'local-network' });
});
