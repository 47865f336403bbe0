import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Histogram, histogramFrom } from './histogram.ts';

test('each bucket counts all values up to its bound, and the sum is theirs', () => {
  const numbers = fc.double({ min: 0, max: 20, noNaN: true });
  fc.assert(
    fc.property(fc.array(numbers), (values) => {
      const histogram = new Histogram([0.5, 1, 10]);
      for (const value of values) histogram.observe(value);
      const { buckets, count, sum } = histogram.counts();
      for (const bucket of buckets) {
        assert.equal(bucket.count, values.filter((value) => value <= bucket.bound).length);
      }
      assert.equal(count, values.length);
      assert.ok(Math.abs(sum - values.reduce((total, value) => total + value, 0)) < 1e-9);
      assert.deepEqual(histogramFrom(histogram.flat('commit_seconds'), 'commit_seconds'), {
        buckets,
        count,
        sum,
      });
    }),
  );
  assert.equal(histogramFrom({ hits: 3 }, 'commit_seconds'), undefined);
});
