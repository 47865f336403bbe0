import assert from 'node:assert/strict';
import test from 'node:test';
import type { Delivery, VerdictState } from '@waybill/sdk';
import { sentenceText } from '../deliveries/verdict-sentence.ts';
import { messageSentence } from './message-sentence.ts';

const told = (...states: VerdictState[]) => {
  const deliveries = states.map((state): Delivery => ({
    trackingNumber: 'WB-1',
    recipient: 'ann@example.org',
    pixelUrl: null,
    verdict: { state, confidence: 0.8, reasons: [], settled: true },
  }));
  return sentenceText(messageSentence({ deliveries, mode: 'full' }));
};

test('the sure, the probable, machines and silence are told apart', () => {
  assert.equal(
    told('read', 'probably-read', 'loaded', 'sent', 'bounced'),
    'Read by 1 of 5; 1 probably, 1 loaded by machines only, 1 without a sign, which proves nothing, 1 in trouble.',
  );
});

test('where all is only probable, the sentence begins with it', () => {
  assert.equal(told('probably-read', 'probably-read'), 'Probably read by all 2.');
});

test('of many recipients the answer is a range from what is certain to what is possible', () => {
  assert.equal(
    told('read', 'clicked', 'probably-read', 'loaded', 'sent', 'bounced'),
    'Read by at least 2, at most 5 of 6.',
  );
  assert.equal(
    told('probably-read', 'loaded', 'sent', 'sent', 'sent', 'sent', 'failed'),
    'Probably read by 1, at most 6 of 7.',
  );
  assert.equal(
    told('loaded', 'sent', 'sent', 'sent', 'sent', 'sent'),
    'No sign of a reader, which proves nothing: at most 6 of 6 may have read it.',
  );
  assert.equal(told('read', 'read', 'read', 'read', 'read', 'bounced'), 'Read by 5 of 6.');
  assert.equal(told('read', 'read', 'read', 'read', 'read', 'replied'), 'Read by all 6.');
});

test('nobody is ever said not to have read', () => {
  assert.equal(told('sent', 'delivered'), 'No sign of a reader, which proves nothing.');
});

test('counted messages tell counts, and that machines may be among them', () => {
  const sentence = messageSentence({ deliveries: [], mode: 'aggregate', counts: { opened: 17, clicked: 1 } });
  assert.equal(
    sentenceText(sentence),
    'Loaded 17 times, its links followed once. By whom is not kept, and machines may be among them.',
  );
});
