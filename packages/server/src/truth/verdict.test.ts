import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Actor, EventType, VerdictState } from '@waybill/sdk';
import { verdictOf, type DeliveryEvent, type DeliveryHistory } from './verdict.ts';

const NOW = 1_800_000_000_000;
const LONG_AGO = NOW - 3_600_000;

const hit = (type: 'opened' | 'clicked', actor: Actor, confidence = 0.95, at = LONG_AGO): DeliveryEvent => ({
  at,
  type,
  actor,
  confidence,
  reasons: [{ code: `${actor}-reason`, text: 'Because.' }],
});
const verdict = (
  events: DeliveryEvent[],
  rest: Partial<DeliveryHistory> = {},
): ReturnType<typeof verdictOf> => verdictOf({ transport: 'sent', events, now: NOW, ...rest });

test('without signs the state is what the mail system said, and silence is said to prove nothing', () => {
  for (const transport of ['queued', 'captured', 'sent', 'delivered', 'failed', 'bounced'] as const) {
    const { state, confidence, settled } = verdict([], { transport });
    assert.deepEqual({ state, confidence, settled }, { state: transport, confidence: 1, settled: true });
  }
  assert.ok(
    verdict([]).reasons.some(
      ({ text }) => text === 'No image was loaded yet. That proves nothing: many mail programs block images.',
    ),
  );
});

test('an untouched copy says why nothing can be seen', () => {
  const { reasons } = verdict([], { untouched: { code: 'signed', text: 'The message is signed.' } });
  assert.deepEqual(
    reasons.map(({ code }) => code),
    ['sent', 'signed', 'nothing-to-see'],
  );
});

test('each kind of sign has its step on the ladder', () => {
  const steps: [DeliveryEvent, VerdictState][] = [
    [hit('opened', 'prefetch'), 'loaded'],
    [hit('clicked', 'scanner'), 'loaded'],
    [hit('opened', 'unknown', 0), 'loaded'],
    [hit('opened', 'human-via-proxy', 0.97), 'probably-read'],
    [hit('opened', 'human', 0.89), 'probably-read'],
    [{ at: LONG_AGO, type: 'receipt' }, 'probably-read'],
    [hit('opened', 'human', 0.9), 'read'],
    [hit('clicked', 'human', 0.7), 'clicked'],
    [{ at: LONG_AGO, type: 'replied' }, 'replied'],
  ];
  for (const [event, state] of steps) assert.equal(verdict([event]).state, state);
});

test('the sender’s own hits and automatic answers never raise the verdict', () => {
  assert.equal(
    verdict([hit('opened', 'self'), hit('clicked', 'self'), { at: LONG_AGO, type: 'auto-replied' }]).state,
    'sent',
  );
});

test('a later weaker sign never lowers the verdict', () => {
  const anyEvent = fc.record({
    at: fc.integer({ min: LONG_AGO, max: NOW }),
    type: fc.constantFrom<EventType>('opened', 'clicked', 'receipt', 'replied', 'auto-replied', 'relayed'),
    actor: fc.constantFrom<Actor>(
      'human',
      'human-via-proxy',
      'prefetch',
      'scanner',
      'unknown',
      'self',
      'automation',
    ),
    confidence: fc.double({ min: 0, max: 0.99, noNaN: true }),
  });
  const ladder: VerdictState[] = ['sent', 'loaded', 'probably-read', 'read', 'clicked', 'replied'];
  fc.assert(
    fc.property(fc.array(anyEvent), anyEvent, (events, later) => {
      const before = ladder.indexOf(verdict(events).state);
      const after = ladder.indexOf(verdict([...events, later]).state);
      assert.ok(after >= before);
      assert.notEqual(before, -1);
    }),
  );
});

test('with loads by machines alone the least certain of them decides the confidence', () => {
  assert.equal(verdict([hit('opened', 'prefetch', 0.98), hit('clicked', 'scanner', 0.7)]).confidence, 0.7);
});

test('a bounce stands when only machines came, and yields to a reader', () => {
  assert.equal(verdict([hit('opened', 'scanner')], { transport: 'bounced' }).state, 'bounced');
  assert.equal(verdict([hit('opened', 'human')], { transport: 'bounced' }).state, 'read');
});

test('an objection is final', () => {
  const { state, confidence } = verdict([hit('opened', 'human')], { objectedAt: LONG_AGO });
  assert.deepEqual({ state, confidence }, { state: 'objected', confidence: 1 });
});

test('a verdict is settled when its burst windows are over, and says when that is', () => {
  const fresh = verdict([hit('clicked', 'human', 0.9, NOW - 4000)]);
  assert.equal(fresh.settled, false);
  assert.equal(fresh.settleAt, NOW + 6000);
  assert.equal(verdict([hit('opened', 'human', 0.95, NOW - 1000)]).settleAt, NOW + 59_000);
  const later = verdictOf({
    transport: 'sent',
    events: [hit('clicked', 'human', 0.9, NOW - 4000)],
    now: NOW + 6000,
  });
  assert.equal(later.settled, true);
  assert.equal(later.settleAt, undefined);
});

test('events without an actor, as privacy modes keep them, give the weakest state', () => {
  const { state, reasons } = verdict([{ at: LONG_AGO, type: 'opened' }]);
  assert.equal(state, 'loaded');
  assert.equal(reasons[0]?.code, 'kept-private');
});

test('the reasons name the sign that decided and its own reasons', () => {
  const { reasons } = verdict([hit('opened', 'prefetch'), hit('opened', 'human')]);
  assert.deepEqual(
    reasons.map(({ code }) => code),
    ['opened-by-person', 'human-reason', 'machines-too'],
  );
});

test('a person’s receipt and an opening are surer together than each alone', () => {
  const receipt: DeliveryEvent = {
    at: LONG_AGO,
    type: 'receipt',
    actor: 'human',
    confidence: 0.85,
    reasons: [{ code: 'receipt-displayed', text: 'A receipt says so.' }],
  };
  const both = verdict([receipt, hit('opened', 'human', 0.8)]);
  assert.deepEqual([both.state, both.confidence], ['read', 0.97]);
  assert.ok(both.reasons.some(({ code }) => code === 'receipt-too'));
  // Who was behind the proxy stays open.
  const proxied = verdict([receipt, hit('opened', 'human-via-proxy', 0.9)]);
  assert.deepEqual([proxied.state, proxied.confidence], ['probably-read', 0.985]);
  assert.equal(verdict([receipt, hit('opened', 'prefetch')]).confidence, 0.85);
  // A program's receipt adds nothing to a person's opening.
  const byProgram: DeliveryEvent = { ...receipt, actor: 'automation', confidence: 0.55 };
  assert.equal(verdict([byProgram, hit('opened', 'human', 0.8)]).confidence, 0.8);
});

test('a receipt that speaks of no reader raises nothing', () => {
  const deleted: DeliveryEvent = {
    at: LONG_AGO,
    type: 'receipt',
    reasons: [{ code: 'receipt-deleted', text: 'Deleted.' }],
  };
  assert.equal(verdict([deleted]).state, 'sent');
});

test('where several people share a copy, every verdict says so and none is too sure', () => {
  const shared = { code: 'shared-role', text: 'Several people share this copy.' };
  const read = verdict([hit('opened', 'human', 0.98)], { shared });
  assert.deepEqual([read.state, read.confidence], ['read', 0.9]);
  for (const { reasons } of [
    read,
    verdict([], { shared }),
    verdict([hit('opened', 'scanner')], { shared }),
  ]) {
    assert.ok(reasons.includes(shared));
  }
});
