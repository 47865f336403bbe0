import assert from 'node:assert/strict';
import test from 'node:test';
import type { Delivery, ReadInterval, VerdictState } from '@waybill/sdk';
import { sentenceText } from '../deliveries/verdict-sentence.ts';
import { messageSentence } from './message-sentence.ts';

const read: ReadInterval = {
  of: 0,
  atLeast: 0,
  atMost: 0,
  signs: 0,
  machinesOnly: 0,
  untouched: 0,
  noSign: 0,
};
const delivery = (state: VerdictState): Delivery => ({
  trackingNumber: 'WB-1',
  recipient: 'ann@example.org',
  pixelUrl: 'https://track.example.org/o/1.gif',
  verdict: { state, confidence: 0.8, reasons: [], settled: true },
});
const told = (...states: VerdictState[]) => {
  const deliveries = states.map(delivery);
  return sentenceText(messageSentence({ deliveries, mode: 'full', read }));
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
  const ofSeven = (given: Partial<ReadInterval>) => {
    const deliveries = Array.from({ length: 7 }, (_, index) => delivery(index === 0 ? 'loaded' : 'sent'));
    return sentenceText(messageSentence({ deliveries, mode: 'full', read: { ...read, ...given } }));
  };
  assert.equal(ofSeven({ atLeast: 2, atMost: 6, signs: 3 }), 'Read by at least 2, at most 6 of 7.');
  assert.equal(ofSeven({ atMost: 6, signs: 1 }), 'Probably read by 1, at most 6 of 7.');
  assert.equal(
    ofSeven({ atMost: 7 }),
    'No sign of a reader, which proves nothing: at most 7 of 7 may have read it.',
  );
  assert.equal(ofSeven({ atLeast: 5, atMost: 5, signs: 5 }), 'Read by 5 of 7.');
  assert.equal(ofSeven({ atLeast: 7, atMost: 7, signs: 7 }), 'Read by all 7.');
});

test('of a mail without an image, silence is not told as a missing sign', () => {
  const deliveries = [{ ...delivery('sent'), pixelUrl: null }];
  assert.equal(
    sentenceText(messageSentence({ deliveries, mode: 'off', read })),
    'Carries no image, so whether it was read cannot be seen.',
  );
});

test('nobody is ever said not to have read', () => {
  assert.equal(told('sent', 'delivered'), 'No sign of a reader, which proves nothing.');
});

test('counted messages tell counts, and that machines may be among them', () => {
  const sentence = messageSentence({
    deliveries: [],
    mode: 'aggregate',
    read,
    counts: { opened: 17, clicked: 1 },
  });
  assert.equal(
    sentenceText(sentence),
    'Loaded 17 times, its links followed once. By whom is not kept, and machines may be among them.',
  );
});
