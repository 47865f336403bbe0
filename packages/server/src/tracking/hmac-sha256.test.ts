import assert from 'node:assert/strict';
import { createHmac, hkdfSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { HkdfSha256, HmacSha256 } from './hmac-sha256.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

test('a MAC is the same as OpenSSL’s, for every key and message', () => {
  fc.assert(
    fc.property(bytes(64), bytes(1_200), fc.integer({ min: 0, max: 32 }), (key, message, length) => {
      const mac = new Uint8Array(length);
      new HmacSha256(key).write(message, message.length, mac);
      const expected = createHmac('sha256', key).update(message).digest().subarray(0, length);
      assert.deepEqual(Buffer.from(mac), expected);
    }),
    { numRuns: 400 },
  );
});

test('a MAC is right at every length around the ends of blocks, also of part of a longer buffer', () => {
  const key = new Uint8Array(32).fill(7);
  const hmac = new HmacSha256(key);
  const longer = Uint8Array.from({ length: 700 }, (_, n) => n);
  for (let length = 0; length <= 600; length++) {
    const mac = new Uint8Array(32);
    hmac.write(longer, length, mac);
    const expected = createHmac('sha256', key).update(longer.subarray(0, length)).digest();
    assert.deepEqual(Buffer.from(mac), expected, `${length} bytes`);
  }
});

test('a key that is longer than a block is refused', () => {
  assert.throws(() => new HmacSha256(new Uint8Array(65)), RangeError);
});

test('a derived key is the same as OpenSSL’s', () => {
  fc.assert(
    fc.property(
      bytes(64),
      bytes(64),
      bytes(20),
      fc.integer({ min: 1, max: 32 }),
      (secret, salt, info, size) => {
        const expected = Buffer.from(hkdfSync('sha256', secret, salt, info, size));
        assert.deepEqual(Buffer.from(new HkdfSha256(secret, salt).derive(info, size)), expected);
      },
    ),
  );
});
