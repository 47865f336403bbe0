import assert from 'node:assert/strict';
import test from 'node:test';
import { dayHeading, dayPhrase, durationWords, exactTime, momentPhrase, relativeTime } from './time-words.ts';

const now = new Date('2026-11-23T12:00:00.000Z'); // a Monday
const zone = 'Europe/Zurich';

test('a list says how long ago, coarser with age', () => {
  const cases: [string, string][] = [
    ['2026-11-23T11:59:40.000Z', 'just now'],
    ['2026-11-23T11:57:00.000Z', '3 min ago'],
    ['2026-11-23T06:12:00.000Z', '07:12'],
    ['2026-11-22T23:30:00.000Z', '00:30'],
    ['2026-11-22T22:30:00.000Z', 'yesterday'],
    ['2026-11-19T09:00:00.000Z', 'Thu'],
    ['2026-11-02T09:00:00.000Z', '2 Nov'],
    ['2025-11-02T09:00:00.000Z', '2 Nov 2025'],
  ];
  for (const [at, words] of cases) assert.equal(relativeTime(at, now, zone), words);
});

test('a clock that runs ahead of the page is still "just now"', () => {
  assert.equal(relativeTime('2026-11-23T12:00:20.000Z', now, zone), 'just now');
});

test('a sentence names the day and the minute in the reader’s zone', () => {
  assert.equal(momentPhrase('2026-11-22T13:02:00.000Z', now, zone), 'yesterday at 14:02');
  assert.equal(momentPhrase('2026-11-18T13:02:00.000Z', now, zone), 'on Wednesday at 14:02');
  assert.equal(momentPhrase('2026-10-12T13:02:00.000Z', now, zone), 'on 12 October at 15:02');
});

test('where only the day is kept, no minute is made up', () => {
  assert.equal(dayPhrase('2026-11-12T00:00:00.000Z', now, 'UTC'), 'on 12 November');
  assert.equal(dayHeading('2026-11-23T00:00:00.000Z', now, 'UTC'), 'Today');
});

test('the exact time carries seconds and zone', () => {
  assert.equal(exactTime('2026-11-23T12:00:09.000Z', 'UTC'), 'Monday 23 November 2026, 12:00:09 UTC');
});

test('durations use the largest unit that is not vague', () => {
  assert.deepEqual([4_000, 89_000, 180_000, 7_200_000, 432_000_000].map(durationWords), [
    '4 s',
    '89 s',
    '3 min',
    '2 h',
    '5 days',
  ]);
});
