import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAddress, type Address } from '../truth/truth.ts';
import { AddressRanges } from './address-ranges.ts';

const cidr4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`);
const cidr6 = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 }),
    fc.integer({ min: 0, max: 64 }),
  )
  .map(([groups, bits]) => `${groups.map((group) => group.toString(16)).join(':')}::/${bits}`);
const cidrs = fc.array(fc.oneof(cidr4, cidr6), { maxLength: 40 });

function address(text: string): Address {
  const parsed = parseAddress(text);
  assert.ok(parsed, text);
  return parsed;
}

/** Without any index: compares the leading bits as text. */
function naively(list: readonly string[], ip: Address): boolean {
  const bits = (a: Address): string =>
    Array.from(a.words, (word) => word.toString(2).padStart(32, '0')).join('');
  return list.some((cidr) => {
    const [text = '', length = ''] = cidr.split('/');
    const network = address(text);
    return (
      network.family === ip.family &&
      bits(network).slice(0, Number(length)) === bits(ip).slice(0, Number(length))
    );
  });
}

test('membership is that of the prefixes, near their ends and far from them', () => {
  fc.assert(
    fc.property(cidrs, fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 20 }), (list, ips) => {
      const ranges = AddressRanges.ofCidrs(list);
      for (const text of [...ips, ...list.map((cidr) => cidr.split('/')[0] ?? '')]) {
        const ip = address(text);
        assert.equal(ranges.includes(ip), naively(list, ip), text);
      }
    }),
  );
});

test('the first and last address of a prefix are in it, their neighbours are not', () => {
  const ranges = AddressRanges.ofCidrs(['192.0.2.64/26', '2001:db8:8::/45']);
  for (const ip of ['192.0.2.64', '192.0.2.127', '2001:db8:8::', '2001:db8:f:ffff:ffff:ffff:ffff:ffff']) {
    assert.equal(ranges.includes(address(ip)), true, ip);
  }
  for (const ip of ['192.0.2.63', '192.0.2.128', '2001:db8:7:ffff::', '2001:db8:10::']) {
    assert.equal(ranges.includes(address(ip)), false, ip);
  }
});

test('packing loses nothing', () => {
  fc.assert(
    fc.property(cidrs, (list) => {
      const ranges = AddressRanges.ofCidrs(list);
      const packed = ranges.pack();
      assert.equal(AddressRanges.unpack(packed).pack(), packed);
      assert.deepEqual(AddressRanges.unpack(packed).size, ranges.size);
      for (const cidr of list)
        assert.equal(AddressRanges.unpack(packed).includes(address(cidr.split('/')[0] ?? '')), true);
    }),
    { numRuns: 30 },
  );
});

test('what is no usable prefix is refused', () => {
  for (const cidr of ['', '1.2.3.4', '1.2.3.4/33', '1.2.3/8', '2001:db8::/65', '1.2.3.4/-1', 'x/8']) {
    assert.throws(() => AddressRanges.ofCidrs([cidr]), /CIDR/, cidr);
  }
});
