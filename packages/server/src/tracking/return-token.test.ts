import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WorkspaceId } from '../kernel/ids.ts';
import { Keyring } from './keyring.ts';
import { encodeReturnToken, returnAddress, verifyReturnAddress, verifyReturnToken } from './return-token.ts';
import { encodeToken } from './token.ts';

const keyring = new Keyring(new Map([[3, Buffer.alloc(32, 7)]]));
const claims = { workspaceId: 4_000_000_001 as WorkspaceId, subject: '00112233445566778899aabbccddeeff' };

test('a return path names its delivery, in any letter case, and its local part has at most 64 octets', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 0xffffffff }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      (id, bytes) => {
        const own = { workspaceId: id as WorkspaceId, subject: Buffer.from(bytes).toString('hex') };
        const address = returnAddress(keyring, 'bounces.example.org', own);
        assert.ok(address.indexOf('@') <= 64);
        assert.deepEqual(verifyReturnAddress(keyring, address), own);
        assert.deepEqual(verifyReturnAddress(keyring, address.toUpperCase()), own);
      },
    ),
  );
});

test('no character of a return token can be changed', () => {
  const token = encodeReturnToken(keyring, claims);
  for (let index = 0; index < token.length; index += 1) {
    for (const other of ['a', 'b', '7']) {
      const changed = token.slice(0, index) + other + token.slice(index + 1);
      if (changed !== token) assert.equal(verifyReturnToken(keyring, changed), undefined, `at ${index}`);
    }
  }
});

test('other keys, other purposes and other addresses are no return path', () => {
  const stranger = new Keyring(new Map([[3, Buffer.alloc(32, 8)]]));
  assert.equal(verifyReturnToken(stranger, encodeReturnToken(keyring, claims)), undefined);
  assert.equal(
    verifyReturnToken(keyring, encodeToken(keyring, 'page', { ...claims, linkIndex: 0, mode: 'full' })),
    undefined,
  );
  for (const address of ['', '@', 'wb+@example.org', 'wb+x', 'ann@example.org', 'wb+aaaa@example.org']) {
    assert.equal(verifyReturnAddress(keyring, address), undefined);
  }
});

test('a return path that was given out before keys were changed still names its delivery', () => {
  const old = new Keyring(new Map([[1, Buffer.alloc(32, 1)]]));
  const both = new Keyring(
    new Map([
      [1, Buffer.alloc(32, 1)],
      [2, Buffer.alloc(32, 2)],
    ]),
  );
  assert.deepEqual(verifyReturnToken(both, encodeReturnToken(old, claims)), claims);
});
