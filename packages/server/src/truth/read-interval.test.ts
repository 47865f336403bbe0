import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { VerdictState } from '@waybill/sdk';
import { readInterval, type CopyGroup } from './read-interval.ts';

const group = (state: VerdictState, confidence: number, count: number, untouched = false): CopyGroup => ({
  state,
  confidence,
  count,
  untouched,
});

test('sure signs make the least, everything that arrived makes the most', () => {
  assert.deepEqual(
    readInterval([
      group('replied', 1, 3),
      group('loaded', 0.97, 4),
      group('delivered', 1, 5),
      group('sent', 1, 2, true),
      group('bounced', 1, 7),
      group('queued', 1, 1),
    ]),
    { of: 14, atLeast: 3, atMost: 14, signs: 3, machinesOnly: 4, untouched: 2, noSign: 5 },
  );
});

test('one probable reading is no certain one', () => {
  assert.equal(readInterval([group('probably-read', 0.9, 1)]).atLeast, 0);
  assert.equal(readInterval([group('read', 0.98, 1)]).atLeast, 1);
});

test('many probable readings make a certain number of certain ones', () => {
  // 20 coins of 0.9: fewer than 15 with a chance of 1.1 %, fewer than 16 with 4.3 %.
  assert.equal(readInterval([group('probably-read', 0.9, 20)]).atLeast, 15);
});

test('nothing sent is nothing read', () => {
  const { of, atLeast, atMost } = readInterval([]);
  assert.deepEqual([of, atLeast, atMost], [0, 0, 0]);
});

test('the bounds are in order, whatever is known, and better signs never lower them', () => {
  const states: VerdictState[] = [
    'sent',
    'delivered',
    'loaded',
    'probably-read',
    'read',
    'clicked',
    'objected',
  ];
  const groups = fc.array(
    fc.record({
      state: fc.constantFrom(...states),
      confidence: fc.double({ min: 0.5, max: 1, noNaN: true }),
      untouched: fc.boolean(),
      count: fc.integer({ min: 1, max: 400 }),
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(groups, (some) => {
      const result = readInterval(some);
      assert.ok(
        result.atLeast <= result.signs && result.signs <= result.atMost && result.atMost === result.of,
      );
      assert.equal(result.signs + result.machinesOnly + result.untouched + result.noSign, result.of);
      const better = readInterval(
        some.map((one) => ({ ...one, confidence: Math.min(1, one.confidence + 0.05) })),
      );
      assert.ok(better.atLeast >= result.atLeast);
    }),
  );
});

test('the quick way for many copies says what the exact one says', () => {
  const exact = readInterval([group('probably-read', 0.85, 1000)]).atLeast;
  const quick = readInterval([group('probably-read', 0.85, 1001)]).atLeast;
  assert.ok(Math.abs(quick - exact) <= 2, `${exact} and ${quick}`);
});
