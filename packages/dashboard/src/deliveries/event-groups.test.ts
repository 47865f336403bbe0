import assert from 'node:assert/strict';
import test from 'node:test';
import type { Event } from '@waybill/sdk';
import { durationWords } from '../design/time-words.ts';
import { burstWords, fetchedWords, groupEvents } from './event-groups.ts';

const event = (second: number, more: Partial<Event>): Event => ({
  at: new Date(Date.UTC(2026, 10, 23, 12, 0, second)).toISOString(),
  type: 'clicked',
  actor: 'scanner',
  ...more,
});

test('a scanner’s burst is one row, a person in between is not swallowed', () => {
  const groups = groupEvents([
    event(0, { type: 'opened' }),
    event(1, {}),
    event(2, {}),
    event(3, { actor: 'human' }),
    event(4, {}),
  ]);
  assert.deepEqual(
    groups.map((group) => group.events.length),
    [3, 1, 1],
  );
});

test('two openings by people stay two rows', () => {
  assert.equal(groupEvents([event(0, { actor: 'human' }), event(1, { actor: 'human' })]).length, 2);
});

test('machines of two owners, or with a long pause between, are two bursts', () => {
  const owned = (owner: string) => ({ network: { owner } });
  assert.equal(groupEvents([event(0, owned('A')), event(1, owned('B'))]).length, 2);
  assert.equal(groupEvents([event(0, {}), event(90, {})]).length, 2);
});

test('a burst tells what it fetched', () => {
  const [group] = groupEvents([event(0, { type: 'opened' }), event(1, {}), event(4, {})]);
  assert.ok(group);
  assert.equal(burstWords(group, durationWords), '2 links and 1 image in 4 s');
});

test('a link without address is not called an image, and one that nobody can see is named so', () => {
  const reasons = [{ code: 'invisible-link', text: 'It followed a link that people cannot see.' }];
  assert.deepEqual(
    [event(0, { type: 'opened' }), event(1, { link: 'https://a/' }), event(2, { reasons }), event(3, {})].map(
      fetchedWords,
    ),
    ['the image', 'https://a/', 'a link that people cannot see', 'a link'],
  );
});
