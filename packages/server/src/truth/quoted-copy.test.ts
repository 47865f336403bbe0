import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lookup, Observation } from './observation.ts';
import { judge } from './truth.ts';

const lookup: Lookup = {
  network: () => ({ asn: 3320, owner: 'Deutsche Telekom AG', kind: 'access' }),
  place: () => ({ grain: 'unknown' }),
  ranges: () => [],
};
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';
const THUNDERBIRD = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.0';

const opening = (changes: Partial<Observation>): Observation => ({
  kind: 'open',
  userAgent: CHROME,
  ip: '91.10.10.10',
  secondsAfterSend: 3600,
  ...changes,
});
const codes = (...hits: Observation[]) =>
  judge(hits, lookup).map(({ reasons }) => reasons.some(({ code }) => code === 'maybe-quoted-copy'));

test('an opening after an answer, by a program and an address not seen before, may be of a quoted copy', () => {
  const stranger = opening({ userAgent: THUNDERBIRD, ip: '84.20.20.20', afterReply: true });
  const [, judged] = judge([opening({}), stranger], lookup);
  assert.equal(judged?.actor, 'human');
  assert.ok((judged?.confidence ?? 1) <= 0.6);
  assert.deepEqual(codes(opening({}), stranger), [false, true]);
  // Images were blocked until the answer: whoever loads them now was not seen before either.
  assert.deepEqual(codes(opening({ afterReply: true })), [true]);
});

test('a reader who was seen before the answer is known again by address or by program', () => {
  assert.deepEqual(
    codes(
      opening({}),
      opening({ userAgent: THUNDERBIRD, afterReply: true }),
      opening({ ip: '84.20.20.20', afterReply: true }),
    ),
    [false, false, false],
  );
});
