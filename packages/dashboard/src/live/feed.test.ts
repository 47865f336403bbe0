import assert from 'node:assert/strict';
import test from 'node:test';
import type { StreamEvent } from '@waybill/sdk';
import { eventKey } from '../api/live-patch.ts';
import { feedOf } from './feed.ts';

const event = (position: string, more: Partial<StreamEvent> = {}): StreamEvent => ({
  position,
  at: `2026-11-23T12:00:0${position}.000Z`,
  type: 'opened',
  trackingNumber: 'WB-1',
  messageId: 'm1',
  subject: 'Offer',
  recipient: 'ann@example.org',
  verdict: { state: 'read', confidence: 0.9, reasons: [], settled: true },
  ...more,
});
const positions = (events: StreamEvent[]) => events.map((each) => each.position);

test('a pause holds back what came after it and loses nothing', () => {
  const events = [event('3'), event('2'), event('1')];
  const { shown, held } = feedOf(events, { pausedAt: eventKey(event('2')), show: 'all' });
  assert.deepEqual(positions(shown), ['2', '1']);
  assert.equal(held, 1);
  assert.deepEqual(positions(feedOf(events, { pausedAt: undefined, show: 'all' }).shown), ['3', '2', '1']);
});

test('people only: machines and mail servers are left out, answers stay', () => {
  const events = [
    event('4', { actor: 'human' }),
    event('3', { actor: 'scanner' }),
    event('2', { type: 'replied' }),
    event('1', { type: 'delivered' }),
  ];
  assert.deepEqual(positions(feedOf(events, { pausedAt: undefined, show: 'people' }).shown), ['4', '2']);
});

test('a feed paused while empty holds everything', () => {
  assert.equal(feedOf([event('1')], { pausedAt: '', show: 'all' }).held, 1);
});
