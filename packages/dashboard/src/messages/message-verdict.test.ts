import assert from 'node:assert/strict';
import test from 'node:test';
import type { Verdict, VerdictState } from '@waybill/sdk';
import { messageVerdict } from './message-verdict.ts';

const verdict = (state: VerdictState): Verdict => ({ state, confidence: 0.8, reasons: [], settled: true });
const summed = (...states: VerdictState[]) => {
  const { best, ...counts } = messageVerdict(states.map(verdict));
  return { state: best?.state, ...counts };
};

test('of several recipients those who surely read are counted, and “probably” is not “read”', () => {
  assert.deepEqual(summed('sent', 'probably-read', 'clicked', 'loaded'), {
    state: 'read',
    count: 1,
    total: 4,
    troubled: 0,
  });
  assert.deepEqual(summed('probably-read', 'probably-read', 'sent'), {
    state: 'probably-read',
    count: 2,
    total: 3,
    troubled: 0,
  });
});

test('a single recipient keeps the exact verdict', () => {
  assert.equal(summed('clicked').state, 'clicked');
});

test('a bounce beside a delivery stays visible without hiding the other', () => {
  assert.deepEqual(summed('bounced', 'read'), { state: 'read', count: 1, total: 2, troubled: 1 });
});

test('trouble ranks above silence, and is then the verdict itself', () => {
  assert.deepEqual(summed('delivered', 'bounced'), { state: 'bounced', count: 1, total: 2, troubled: 0 });
});

test('a message without deliveries has no verdict', () => {
  assert.deepEqual(summed(), { state: undefined, count: 0, total: 0, troubled: 0 });
});
