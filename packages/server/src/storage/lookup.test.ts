import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { before, describe, test } from 'node:test';
import { createLookup, type OfflineLookup } from './lookup.ts';
import { kindOfOwner } from './network-kind.ts';

test('owners are access networks unless their number or name says otherwise', () => {
  const kind = (owner: string, asn = 64500): string => kindOfOwner({ asn, owner }).kind;
  assert.equal(kind('Deutsche Telekom AG', 3320), 'access');
  assert.equal(kind('Comcast Cable Communications, LLC', 7922), 'access');
  assert.equal(kind('Acme Hosting GmbH'), 'hosting');
  assert.equal(kind('ACME CLOUD SERVICES'), 'hosting');
  assert.equal(kind('Ghostly Arts University'), 'access');
  assert.equal(kind('Some Telecom and Datacenter Ltd'), 'access');
  assert.equal(kind('Amazon.com, Inc.', 16509), 'hosting');
  assert.equal(kind('Proofpoint, Inc.', 22843), 'security-vendor');
});

describe('without the table of networks', () => {
  test('owners are unknown and said to be, and published ranges and local addresses are still known', async () => {
    const missing: string[] = [];
    const lookup = await createLookup({
      tablesDirectory: '/nonexistent',
      onMissing: (sentence) => missing.push(sentence),
    });
    assert.equal(missing.length, 1);
    assert.match(missing[0] ?? '', /owners of networks are unknown/);
    assert.deepEqual(lookup.network('8.8.8.8'), { kind: 'unknown' });
    assert.deepEqual(lookup.ranges('66.249.84.1'), ['google-image-proxy']);
    assert.deepEqual(lookup.network('127.0.0.1'), { kind: 'local' });
    assert.deepEqual(lookup.place('192.168.1.1'), { grain: 'local-network' });
  });
});

const TABLE = fileURLToPath(new URL('../../tables/asn.bin', import.meta.url));
describe(
  'with the installed tables',
  { skip: existsSync(TABLE) ? false : 'the table of networks is not built' },
  () => {
    let lookup: OfflineLookup;
    before(async () => {
      lookup = await createLookup();
    });

    test('a German access line has its owner and its city', () => {
      const { asn, kind } = lookup.network('91.12.1.1');
      assert.deepEqual({ asn, kind }, { asn: 3320, kind: 'access' });
      const place = lookup.place('91.12.1.1');
      assert.equal(place.grain, 'city');
      assert.equal(place.country, 'DE');
      assert.ok(place.latitude !== undefined && place.longitude !== undefined);
    });

    test('an IPv4 address written as IPv6 is the same', () => {
      assert.deepEqual(lookup.network('::ffff:91.12.1.1'), lookup.network('91.12.1.1'));
      assert.deepEqual(lookup.place('::ffff:91.12.1.1'), lookup.place('91.12.1.1'));
    });

    test('IPv6 is known, prepared or not', async () => {
      assert.equal(lookup.network('2003:e5::1').asn, 3320);
      await lookup.prepare(['2003:e5::1', undefined]);
      assert.equal(lookup.place('2003:e5::1').country, 'DE');
    });

    test('relays, image proxies and gateways are known by their published ranges', () => {
      const kind = (ip: string): string | undefined => lookup.network(ip).kind;
      assert.equal(kind('104.28.77.146'), 'privacy-relay');
      assert.equal(kind('2a02:26f7:c38a:4000::f0f'), 'privacy-relay');
      assert.equal(kind('66.249.84.1'), 'image-proxy');
      assert.equal(kind('40.107.1.1'), 'security-vendor');
      assert.equal(kind('209.222.81.240'), 'security-vendor');
      assert.equal(kind('108.59.15.73'), 'hosting');
    });

    test('what is no address is unknown', () => {
      assert.deepEqual(lookup.network('not-an-address'), { kind: 'unknown' });
      assert.deepEqual(lookup.place(''), { grain: 'unknown' });
    });
  },
);
