import assert from 'node:assert/strict';
import test from 'node:test';
import type { DeliveryDetail, Event, VerdictState } from '@waybill/sdk';
import { sentenceText, verdictSentence } from './verdict-sentence.ts';

const now = new Date('2026-11-23T12:00:00.000Z');

function sentence(state: VerdictState, events: Event[] = [], more: Partial<DeliveryDetail> = {}): string {
  const delivery = {
    verdict: { state, confidence: 0.8, reasons: [], settled: true },
    events,
    mode: 'full' as const,
    sentAt: '2026-11-22T08:00:00.000Z',
    ...more,
  };
  return sentenceText(verdictSentence(delivery, now, 'UTC'));
}

const opened = (event: Partial<Event>): Event => ({
  at: '2026-11-22T14:02:00.000Z',
  type: 'opened',
  actor: 'human',
  ...event,
});

test('behind a proxy the place is said to be unknown', () => {
  const event = opened({
    actor: 'human-via-proxy',
    network: { owner: 'Google LLC', kind: 'image-proxy' },
    place: { grain: 'unknown' },
  });
  assert.equal(
    sentence('probably-read', [event]),
    'Probably read yesterday at 14:02, behind Google’s image proxy, so place unknown.',
  );
});

test('a reading names place and program, and counts repeats', () => {
  const event = opened({
    place: { grain: 'city', country: 'CH', city: 'Bern' },
    client: { name: 'Apple Mail', os: 'iOS' },
  });
  assert.equal(
    sentence('read', [event]),
    'Read yesterday at 14:02, in Bern, Switzerland, with Apple Mail on iOS.',
  );
  assert.match(sentence('read', [event, event, event]), /^Read 3 times, last yesterday/);
});

test('no sign is never called unread', () => {
  assert.equal(sentence('sent'), 'Sent yesterday at 08:00. No sign of reading, which proves nothing.');
  assert.doesNotMatch(sentence('delivered'), /unread/i);
});

test('machines alone say that the mail arrived and nothing about a reader', () => {
  assert.equal(
    sentence('loaded', [opened({ actor: 'prefetch' })]),
    'Loaded by machines only, yesterday at 14:02. That says the mail arrived, and nothing about a reader.',
  );
});

test('who cannot be told is not called a machine, and a day is no time', () => {
  assert.equal(
    sentence('loaded', [opened({ actor: 'unknown' })]),
    'Its image was loaded yesterday at 14:02, but by whom cannot be told.',
  );
  const { actor: _actor, ...private_ } = opened({ at: '2026-11-22T00:00:00.000Z' });
  assert.equal(
    sentence('loaded', [private_], { mode: 'day' }),
    'Its image was loaded yesterday. By whom is not kept.',
  );
});

test('of a copy that was left as it was, silence is not called a missing sign', () => {
  assert.equal(
    sentence('sent', [], { untouchedBecause: 'The mail is signed.' }),
    'Sent yesterday at 08:00. It is not tracked, so nobody can know whether it is read.',
  );
});

test('a click names the destination’s host', () => {
  const click = opened({ type: 'clicked', link: 'https://www.example.org/offer?x=1' });
  assert.equal(sentence('clicked', [click]), 'Read, and a link followed yesterday at 14:02 to example.org.');
});

test('trouble gives the reason, and a receipt its source', () => {
  const verdict = {
    state: 'bounced' as const,
    confidence: 1,
    settled: true,
    reasons: [
      { code: 'bounced', text: 'It came back.' },
      { code: 'unknown-user', text: 'No such mailbox.' },
    ],
  };
  assert.equal(
    sentence('bounced', [opened({ type: 'bounced' })], { verdict }),
    'Came back yesterday at 14:02: No such mailbox.',
  );
  assert.equal(
    sentence('failed', [], { verdict: { ...verdict, state: 'failed', reasons: verdict.reasons.slice(1) } }),
    'Not sent: No such mailbox.',
  );
  assert.equal(
    sentence('probably-read', [opened({ type: 'receipt' })]),
    'Probably read yesterday at 14:02: a reading receipt came back.',
  );
});

test('where only the day is kept, neither minute nor place is told', () => {
  const event = opened({
    at: '2026-11-22T00:00:00.000Z',
    place: { grain: 'city', country: 'CH', city: 'Bern' },
  });
  assert.equal(sentence('read', [event], { mode: 'day' }), 'Read yesterday.');
});

test('an objection is respected in the words, too', () => {
  assert.equal(
    sentence('objected', [opened({ type: 'objected' })]),
    'The recipient objected yesterday at 14:02. Nothing more is recorded of this mail.',
  );
});
