import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overviewSentence } from './overview-sentence.ts';

function words(deliveries: number, atLeast: number, atMost: number, machinesOnly: number): string {
  const read = { of: deliveries, atLeast, atMost, signs: atMost, machinesOnly, untouched: 0, noSign: 0 };
  const { lead, rest } = overviewSentence({ deliveries, sinceDays: 30, read });
  return `${lead}|${rest}`;
}

test('the overview in a sentence: certain, possible, and none', () => {
  assert.equal(
    words(72, 10, 44, 15),
    'At least 10 of 72 deliveries| in 30 days were read, at most 44. 15 were loaded by machines only.',
  );
  assert.equal(words(1_200, 1, 1, 0), 'At least 1 of 1,200 deliveries| in 30 days was read.');
  assert.equal(
    words(6, 0, 0, 1),
    'No sign of a reader| on 6 deliveries in 30 days, which proves nothing. One was loaded by machines only.',
  );
  assert.equal(words(1, 0, 0, 0), 'No sign of a reader| on one delivery in 30 days, which proves nothing.');
  assert.equal(words(6, 0, 2, 0), 'At most 2| of 6 deliveries in 30 days were read; none for certain.');
});
