import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isLocalAddress, parseAddress } from './address.ts';

test('every IPv4 address is read as its 32 bits', () => {
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
      assert.deepEqual(parseAddress(text), { family: 4, words: [a * 2 ** 24 + b * 2 ** 16 + c * 256 + d] });
    }),
  );
});

test('every spelling of an IPv6 address is read as the URL parser reads it', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const parsed = parseAddress(text);
      assert.ok(parsed);
      const hex = Array.from(parsed.words, (word) => word.toString(16).padStart(8, '0')).join('');
      const rewritten =
        parsed.family === 4
          ? `::ffff:${text.slice(text.lastIndexOf(':') + 1)}`
          : hex.replace(/.{4}(?=.)/g, '$&:');
      assert.equal(new URL(`http://[${text}]/`).hostname, new URL(`http://[${rewritten}]/`).hostname);
    }),
  );
});

test('an IPv4 address mapped into IPv6 is the same address', () => {
  assert.deepEqual(parseAddress('::ffff:192.0.2.7'), parseAddress('192.0.2.7'));
});

test('what is no address is no address', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1..2.3',
    'localhost',
    '1:2',
    ':::',
    '1::2::3',
    'g::1',
    '::1::',
    '1.2.3.4:80',
    '::ffff:1.2.3',
  ]) {
    assert.equal(parseAddress(text), undefined, text);
  }
});

test('loopback, private, link-local and shared addresses are local; their neighbours are not', () => {
  const local = (text: string): boolean => {
    const address = parseAddress(text);
    assert.ok(address, text);
    return isLocalAddress(address);
  };
  for (const text of [
    '127.0.0.1',
    '10.255.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.0.1',
    '100.64.0.1',
    '100.127.255.255',
    '::1',
    'fd00::1',
    'fc00::1',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
  ]) {
    assert.equal(local(text), true, text);
  }
  for (const text of [
    '128.0.0.1',
    '11.0.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '100.63.0.1',
    '100.128.0.1',
    '2001:db8::1',
    '::2',
    'fec0::1',
  ]) {
    assert.equal(local(text), false, text);
  }
});
