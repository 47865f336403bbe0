import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seal, unseal } from './sealed-answer.ts';

test('who sealed it can open it, for the same purpose', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (answer, secret, purpose) => {
      const sealed = seal(answer, secret, purpose);
      assert.equal(unseal(sealed, secret, purpose), answer);
      assert.equal(unseal(sealed, `${secret}x`, purpose), undefined);
      assert.equal(unseal(sealed, secret, `${purpose}x`), undefined);
    }),
    { numRuns: 50 },
  );
});

test('nothing of it can be read, nor changed without that being noticed', () => {
  const sealed = seal('{"secret":"wb_top"}', 'key', 'p');
  const bytes = Buffer.from(sealed, 'base64url');
  assert.ok(!bytes.includes('wb_top'));
  assert.notEqual(seal('{"secret":"wb_top"}', 'key', 'p'), sealed);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(unseal(changed.toString('base64url'), 'key', 'p'), undefined, `byte ${at}`);
  }
  for (const cut of ['', 'x', sealed.slice(0, 20), 'not base64 at all'])
    assert.equal(unseal(cut, 'key', 'p'), undefined);
});
