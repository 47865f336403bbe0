import assert from 'node:assert/strict';
import test from 'node:test';
import type { DeliveryDetail, MessageSummary, StreamEvent } from '@waybill/sdk';
import { patchDelivery, patchSummary, prependEvent } from './live-patch.ts';

const streamed: StreamEvent = {
  position: '7',
  at: '2026-11-23T14:02:00.000Z',
  type: 'opened',
  actor: 'human',
  trackingNumber: 'WB-1',
  messageId: 'm1',
  subject: 'Offer',
  recipient: 'ann@example.org',
  verdict: { state: 'read', confidence: 0.95, reasons: [], settled: true },
};

const delivery: DeliveryDetail = {
  trackingNumber: 'WB-1',
  recipient: 'ann@example.org',
  pixelUrl: null,
  verdict: { state: 'sent', confidence: 1, reasons: [], settled: true },
  messageId: 'm1',
  subject: 'Offer',
  from: 'me@example.org',
  mode: 'full',
  createdAt: '2026-11-23T14:00:00.000Z',
  sentAt: '2026-11-23T14:00:00.000Z',
  events: [],
  links: [],
  recipientPageUrl: null,
};

test('a streamed event joins the timeline of its delivery once, without the fields of the stream', () => {
  const once = patchDelivery(delivery, streamed);
  const twice = patchDelivery(once, streamed);
  assert.equal(once.verdict.state, 'read');
  assert.deepEqual(once.events, [{ at: streamed.at, type: 'opened', actor: 'human' }]);
  assert.equal(twice.events.length, 1);
});

test('another delivery is left alone', () => {
  const other = { ...delivery, trackingNumber: 'WB-2' };
  assert.equal(patchDelivery(other, streamed), other);
});

test('a list row takes the verdict, and the time only of a sign', () => {
  const row: MessageSummary = {
    id: 'm1',
    subject: 'Offer',
    from: 'me@example.org',
    createdAt: delivery.createdAt,
    sentAt: delivery.sentAt,
    mode: 'full',
    source: 'api',
    lastSignAt: null,
    deliveries: [
      { trackingNumber: 'WB-1', recipient: 'ann@example.org', verdict: delivery.verdict, lastSignAt: null },
    ],
    read: { of: 1, atLeast: 0, atMost: 1, signs: 0, machinesOnly: 0, untouched: 0, noSign: 1 },
  };
  assert.equal(patchSummary(row, streamed).lastSignAt, streamed.at);
  assert.equal(patchSummary(row, streamed).deliveries[0]?.verdict.state, 'read');
  assert.equal(patchSummary(row, { ...streamed, type: 'delivered' }).lastSignAt, null);
});

test('an event that is judged anew replaces its former self, in the timeline and in the feed', () => {
  const anew: StreamEvent = { ...streamed, position: '9', actor: 'scanner' };
  const timeline = patchDelivery(patchDelivery(delivery, streamed), anew).events;
  assert.deepEqual(
    timeline.map((event) => event.actor),
    ['scanner'],
  );
  const feed = prependEvent(prependEvent([{ items: [], nextCursor: null }], streamed), anew);
  assert.deepEqual(
    feed[0]?.items.map((event) => event.position),
    ['9'],
  );
});
