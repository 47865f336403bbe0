import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Groups } from './groups.ts';

test('calls that come while one is under way are answered together, each with its own result', async () => {
  const groups: number[][] = [];
  const doubled = new Groups<number, number>(async (items) => {
    groups.push(items);
    await new Promise((resolve) => setImmediate(resolve));
    return items.map((item) => item * 2);
  });
  const first = doubled.call(1);
  await new Promise((resolve) => setImmediate(resolve));
  const results = await Promise.all([first, doubled.call(2), doubled.call(3)]);
  assert.deepEqual(results, [2, 4, 6]);
  assert.deepEqual(groups, [[1], [2, 3]]);
});

test('a group is never larger than its limit', async () => {
  const sizes: number[] = [];
  const groups = new Groups<number, number>(async (items) => {
    sizes.push(items.length);
    return items;
  }, 2);
  await Promise.all([1, 2, 3, 4, 5].map((item) => groups.call(item)));
  assert.deepEqual(sizes, [2, 2, 1]);
});

test('one bad item fails alone', async () => {
  const groups = new Groups<number, number>(async (items) => {
    if (items.includes(2)) throw new Error('no twos');
    return items;
  });
  const results = await Promise.allSettled([1, 2, 3].map((item) => groups.call(item)));
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});
