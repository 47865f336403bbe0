import assert from 'node:assert/strict';
import test from 'node:test';
import type { Verdict, VerdictState } from '@waybill/sdk';
import { messageVerdict } from './message-verdict.ts';

const verdict = (state: VerdictState): Verdict => ({ state, confidence: 0.8, reasons: [], settled: true });

test('a message shows its strongest sign and counts every person who gave one', () => {
  const summed = messageVerdict(
    ['sent', 'probably-read', 'clicked', 'loaded'].map((s) => verdict(s as VerdictState)),
  );
  assert.equal(summed.best?.state, 'clicked');
  assert.equal(summed.count, 2);
  assert.equal(summed.total, 4);
});

test('a bounce beside a delivery stays visible without hiding the other', () => {
  const summed = messageVerdict([verdict('bounced'), verdict('read')]);
  assert.equal(summed.best?.state, 'read');
  assert.equal(summed.troubled, 1);
});

test('trouble ranks above silence, and is then the verdict itself', () => {
  const summed = messageVerdict([verdict('delivered'), verdict('bounced')]);
  assert.equal(summed.best?.state, 'bounced');
  assert.equal(summed.troubled, 0);
});

test('a message without deliveries has no verdict', () => {
  assert.deepEqual(messageVerdict([]), { best: undefined, count: 0, total: 0, troubled: 0 });
});
