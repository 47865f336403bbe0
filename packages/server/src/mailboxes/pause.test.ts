import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pauseAfter } from './pause.ts';

test('pauses double from the first to the longest, and differ by a fifth at most', () => {
  const pauses = { firstMs: 1_000, longestMs: 300_000 };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      (n, bytes) => {
        const ms = pauseAfter(n, pauses, () => bytes);
        const middle = Math.min(1_000 * 2 ** Math.min(n - 1, 40), 300_000);
        assert.ok(ms >= middle * 0.8 && ms <= middle * 1.2 + 1, `${ms}`);
      },
    ),
  );
});
