import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryDetail, Event, StreamEvent, Verdict } from '@waybill/sdk';
import { patchDelivery } from '../api/live-patch.ts';
import { withMilestones } from './earlier-events.ts';
import { stationsOf } from './stations.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 10, 23, 12, 0, second)).toISOString();
const accepted: Event = { at: at(0), type: 'accepted' };
const reading: Event = { at: at(9), type: 'opened', actor: 'human', confidence: 0.95 };
const fetches = [20, 21].map((second): Event => ({ at: at(second), type: 'opened', actor: 'automation' }));
const verdict: Verdict = { state: 'read', confidence: 0.95, reasons: [], settled: true };

const delivery: DeliveryDetail = {
  trackingNumber: 'WB-7K3M-9QXD-2F4T',
  recipient: 'ann@example.org',
  pixelUrl: null,
  verdict,
  messageId: 'm',
  subject: 'Offer',
  from: 'me@example.com',
  mode: 'full',
  createdAt: at(0),
  sentAt: at(1),
  events: fetches,
  links: [],
  recipientPageUrl: null,
  earlier: { count: 600, cursor: 'c', milestones: [accepted, reading] },
};

const streamed = (event: Event): StreamEvent => ({
  ...event,
  position: '9',
  trackingNumber: delivery.trackingNumber,
  messageId: 'm',
  subject: 'Offer',
  recipient: 'ann@example.org',
  verdict,
});

test('the way of a delivery with very many events knows who read it before them', () => {
  const read = stationsOf(withMilestones(delivery)).find(({ key }) => key === 'read');
  assert.deepEqual([read?.state, read?.at], ['person', reading.at]);
  const whole = { ...delivery };
  delete whole.earlier;
  assert.equal(withMilestones(whole), whole);
});

test('an earlier event that is judged anew is not put behind the newest ones', () => {
  const judgedAnew = patchDelivery(delivery, streamed({ ...reading, confidence: 0.5 }));
  assert.deepEqual(judgedAnew.events, fetches);
  const next = patchDelivery(delivery, streamed({ ...reading, at: at(30) }));
  assert.equal(next.events.length, 3);
});
