import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueueSummary } from '@waybill/sdk';
import { attemptsWords, queueSentence, untilWords } from './queue-words.ts';

const now = new Date('2026-11-26T14:00:00.000Z');
const at = (iso: string) => untilWords(iso, now, 'UTC');

test('a time to come is told as people say it', () => {
  assert.equal(at('2026-11-26T13:59:00.000Z'), 'in a moment');
  assert.equal(at('2026-11-26T14:01:00.000Z'), 'in a moment');
  assert.equal(at('2026-11-26T14:10:10.000Z'), 'in 10 min');
  assert.equal(at('2026-11-26T16:30:00.000Z'), 'today at 16:30');
  assert.equal(at('2026-11-27T09:00:00.000Z'), 'tomorrow at 09:00');
  assert.equal(at('2026-11-30T09:00:00.000Z'), 'on 30 November at 09:00');
});

const empty: QueueSummary = {
  waiting: 0,
  sending: 0,
  settled: 0,
  failed: 0,
  byDestination: [],
  byReason: [],
  smarthost: null,
};

test('the queue answers in one sentence whether mail goes out', () => {
  assert.equal(queueSentence(empty, false).lead, 'Nothing waits.');
  assert.match(queueSentence(empty, true).rest, /demo inbox/);
  assert.deepEqual(queueSentence({ ...empty, waiting: 1 }, false), {
    lead: '1 copy waiting.',
    rest: ' Each is sent in its turn.',
  });
  const kept = { ...empty, waiting: 1200, failed: 2, byReason: [{ reason: 'no answer', waiting: 1100 }] };
  assert.deepEqual(queueSentence(kept, false), {
    lead: '1,200 copies waiting.',
    rest: ' 1,100 were put off and are tried again by themselves. 2 copies failed lately.',
  });
  assert.equal(attemptsWords({ attempts: 0 }), 'Not tried yet');
  assert.equal(attemptsWords({ attempts: 3 }), 'Tried 3 times');
});
