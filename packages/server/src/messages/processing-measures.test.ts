import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProcessingMeasures } from './processing-measures.ts';

function bench() {
  let ms = 1_000;
  const measures = new ProcessingMeasures(
    () => ms,
    () => ms,
  );
  return { measures, pass: (by: number) => (ms += by), now: () => ms };
}

test('the rate is of the last ten seconds, and says nothing before there is one', () => {
  const { measures, pass, now } = bench();
  assert.equal(measures.metrics().perSecond, undefined);
  for (let n = 0; n < 40; n++) {
    pass(250);
    measures.wrote(100, now(), 20);
  }
  assert.equal(Math.round(measures.metrics().perSecond ?? 0), 400);
  pass(5_000);
  const slower = measures.metrics().perSecond ?? 0;
  assert.ok(slower > 150 && slower < 250, `${slower}`);
  pass(6_000);
  measures.metrics();
  pass(11_000);
  assert.equal(measures.metrics().perSecond, 0);
});

test('while nothing can be written the lag grows, and ends with the next batch or with nothing to do', () => {
  const { measures, pass, now } = bench();
  measures.wrote(1, now() - 40, 5);
  assert.equal(measures.metrics().lagSeconds, 0.04);
  measures.failed();
  pass(7_000);
  measures.failed();
  pass(5_000);
  assert.equal(measures.metrics().lagSeconds, 12);
  assert.equal(measures.metrics().failures, 2);
  measures.wrote(3, now() - 12_000, 5);
  assert.equal(measures.metrics().lagSeconds, 12, 'those that waited');
  measures.idle();
  assert.equal(measures.metrics().lagSeconds, 0);
});

test('sizes, times and ages of batches are counted; hits without a time have no age', () => {
  const { measures, now } = bench();
  measures.wrote(500, now() - 2_000, 120);
  measures.wrote(1, undefined, 4);
  const { processed, batchHits, batchSeconds, oldestSeconds } = measures.metrics();
  assert.deepEqual(
    [processed, batchHits.sum, batchHits.count, batchSeconds.count, oldestSeconds.count],
    [501, 501, 2, 2, 1],
  );
  assert.equal(oldestSeconds.sum, 2);
});
