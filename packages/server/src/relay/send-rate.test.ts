import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SendRate } from './send-rate.ts';

test('what an hour allows may be used at once, and comes back evenly', () => {
  let now = 0;
  const rate = new SendRate(60, () => now);
  for (let n = 0; n < 60; n++) assert.equal(rate.use(['ann']), undefined);
  assert.equal(rate.use(['ann'])?.code, 450);
  assert.equal(rate.check(['ann'])?.enhanced, '4.7.1');
  assert.equal(rate.use(['bob']), undefined, 'each has an hour of their own');
  now += 60_000;
  assert.equal(rate.use(['ann']), undefined);
  assert.equal(rate.use(['ann'])?.code, 450);
  now += 100 * 3_600_000;
  for (let n = 0; n < 60; n++) assert.equal(rate.use(['ann']), undefined);
  assert.equal(rate.use(['ann'])?.code, 450, 'a quiet week is not saved up');
});

test('of credential and address the stricter one counts, and a refusal uses up nothing', () => {
  const rate = new SendRate(2, () => 0);
  assert.equal(rate.use(['ann', '192.0.2.1']), undefined);
  assert.equal(rate.use(['bob', '192.0.2.1']), undefined);
  assert.equal(rate.use(['cleo', '192.0.2.1'])?.code, 450);
  assert.equal(rate.use(['cleo', '192.0.2.2']), undefined);
  assert.equal(rate.use(['cleo', '192.0.2.2']), undefined);
});

test('no limit means none, and a clock that goes back takes nothing away', () => {
  const none = new SendRate(0, () => 0);
  for (let n = 0; n < 1000; n++) assert.equal(none.use(['ann']), undefined);
  let now = 3_600_000;
  const rate = new SendRate(1, () => now);
  now = 0;
  assert.equal(rate.use(['ann']), undefined);
});
