import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inSlices } from './slices.ts';

test('everything is deleted, a slice at a time, and others get their turn in between', async () => {
  let left = 2_300;
  let turns = 0;
  const ticking = setInterval(() => turns++, 1);
  const slices: number[] = [];
  const deleted = await inSlices(async (limit) => {
    const count = Math.min(limit, left);
    left -= count;
    slices.push(count);
    const until = performance.now() + 5;
    while (performance.now() < until);
    return count;
  });
  clearInterval(ticking);
  assert.equal(deleted, 2_300);
  assert.deepEqual(slices, [500, 500, 500, 500, 300]);
  assert.ok(turns >= 4, `${turns} turns`);
});

test('what cannot be deleted ends it', async () => {
  await assert.rejects(
    inSlices(async () => {
      throw new Error('the store is away');
    }),
    /away/,
  );
});
