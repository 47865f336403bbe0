import assert from 'node:assert/strict';
import test from 'node:test';
import type { Event, VerdictState } from '@waybill/sdk';
import { stationsOf } from './stations.ts';

const at = (minute: number) => `2026-11-23T12:${String(minute).padStart(2, '0')}:00.000Z`;
const event = (type: Event['type'], minute: number, more: Partial<Event> = {}): Event => ({
  type,
  at: at(minute),
  ...more,
});
const way = (state: VerdictState, events: Event[]) =>
  Object.fromEntries(
    stationsOf({
      verdict: { state, confidence: 0.8, reasons: [], settled: true },
      events,
      sentAt: at(0),
    }).map((station) => [station.key, station.state]),
  );

test('without a sign the way ends at the mailbox', () => {
  assert.deepEqual(way('delivered', [event('delivered', 1)]), {
    sent: 'transport',
    delivered: 'transport',
    loaded: 'ahead',
    read: 'ahead',
    clicked: 'ahead',
    replied: 'ahead',
  });
});

test('a machine reaches “loaded” and no further, and shows that the mail arrived', () => {
  const stations = way('loaded', [event('opened', 2, { actor: 'prefetch' })]);
  assert.equal(stations['delivered'], 'implied');
  assert.equal(stations['loaded'], 'machine');
  assert.equal(stations['read'], 'ahead');
});

test('a scanner that checks links is drawn as a machine at that station, and nobody has read', () => {
  const stations = way('loaded', [event('clicked', 2, { actor: 'scanner' })]);
  assert.equal(stations['clicked'], 'machine');
  assert.equal(stations['read'], 'ahead');
});

test('a probable reading is not drawn like a certain one', () => {
  const stations = way('probably-read', [event('opened', 3, { actor: 'human-via-proxy' })]);
  assert.equal(stations['loaded'], 'probable');
  assert.equal(stations['read'], 'probable');
});

test('an answer without any load implies arrival and reading, but not loading and no click', () => {
  assert.deepEqual(way('replied', [event('replied', 9)]), {
    sent: 'transport',
    delivered: 'implied',
    loaded: 'ahead',
    read: 'implied',
    clicked: 'ahead',
    replied: 'person',
  });
});

test('a bounce ends the way at delivery', () => {
  assert.equal(way('bounced', [event('bounced', 1)])['delivered'], 'trouble');
});

test('a copy in the demo inbox is never delivered, whatever happens to it there', () => {
  const captured = event('relayed', 0, { reasons: [{ code: 'captured', text: 'In the demo inbox.' }] });
  const stations = way('read', [captured, event('opened', 1, { actor: 'human' })]);
  assert.equal(stations['delivered'], 'ahead');
  assert.equal(stations['read'], 'person');
});

test('the sender’s own opening reaches nothing', () => {
  assert.equal(way('sent', [event('opened', 1, { actor: 'self' })])['loaded'], 'ahead');
});

test('an image that was loaded by somebody who is only probably a person is drawn no surer than that', () => {
  const unsure = [event('opened', 2, { actor: 'human', confidence: 0.6 })];
  assert.equal(way('probably-read', unsure)['loaded'], 'probable');
  const sure = [...unsure, event('opened', 3, { actor: 'human', confidence: 0.95 })];
  assert.equal(way('read', sure)['loaded'], 'person');
});
