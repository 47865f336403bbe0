import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor, Rule, RuleTrigger, Verdict } from '@waybill/sdk';
import type { MessageId, WorkspaceId } from '../kernel/ids.ts';
import { matchRules, type Change, type SourcedEvent } from './rules.ts';

const verdict = (state: Verdict['state']): Verdict => ({
  state,
  confidence: 0.7,
  reasons: [],
  settled: false,
});

const rule = (trigger: RuleTrigger, channelIds = ['c1'], enabled = true): Rule => ({
  id: `r-${trigger}`,
  name: trigger,
  trigger,
  channelIds,
  enabled,
  createdAt: '2026-11-23T00:00:00.000Z',
});

const everyRule = (['first-open', 'every-open', 'click', 'trouble', 'objection'] as const).map((trigger) =>
  rule(trigger, [`to-${trigger}`]),
);

function hit(seq: number, actor: Actor | undefined, type: 'opened' | 'clicked' = 'opened'): SourcedEvent {
  return {
    at: 1000 + seq,
    type,
    source: `hit:e:${seq}`,
    confidence: 0.7,
    ...(actor === undefined ? {} : { actor }),
  };
}

function change(
  before: SourcedEvent[],
  event: SourcedEvent,
  after: SourcedEvent[] = [...before, event],
): Change {
  return {
    delivery: {
      workspaceId: 7 as WorkspaceId,
      messageId: 'm' as MessageId,
      trackingNumber: 'WB-0000-0000-0000',
      recipient: 'ann@example.org',
      subject: 'Offer',
      verdict: verdict('sent'),
      events: before,
    },
    event,
    events: after,
    verdict: verdict('probably-read'),
  };
}

const triggers = (given: Change, rules: readonly Rule[] = everyRule): string[] =>
  matchRules(rules, given).map(({ notification }) => notification.trigger);

test('the first opening by a person pulls first-open and every-open, the second only every-open', () => {
  assert.deepEqual(triggers(change([], hit(1, 'human'))), ['first-open', 'every-open']);
  assert.deepEqual(triggers(change([hit(1, 'human')], hit(2, 'human-via-proxy'))), ['every-open']);
});

test('a person behind a proxy is a person, however unsure', () => {
  assert.deepEqual(triggers(change([], { ...hit(1, 'human-via-proxy'), confidence: 0.2 })), [
    'first-open',
    'every-open',
  ]);
});

test('machines, the sender, the unknown and the nameless never notify', () => {
  const actors = ['prefetch', 'scanner', 'preview-bot', 'automation', 'self', 'unknown', undefined] as const;
  for (const actor of actors) {
    assert.deepEqual(triggers(change([], hit(1, actor))), [], `${actor} opened`);
    assert.deepEqual(triggers(change([], hit(1, actor, 'clicked'))), [], `${actor} clicked`);
  }
});

test('openings by machines before it do not make a person’s opening the second', () => {
  assert.deepEqual(triggers(change([hit(1, 'scanner'), hit(2, 'self')], hit(3, 'human'))), [
    'first-open',
    'every-open',
  ]);
});

test('a click with the images blocked is the first sign of reading', () => {
  assert.deepEqual(triggers(change([], hit(1, 'human', 'clicked'))), ['first-open', 'click']);
  assert.deepEqual(triggers(change([hit(1, 'human')], hit(2, 'human', 'clicked'))), ['click']);
});

test('a re-judged event notifies when it becomes a person’s, and never again', () => {
  const before = hit(1, 'prefetch');
  assert.deepEqual(triggers(change([before], hit(1, 'human'), [hit(1, 'human')])), [
    'first-open',
    'every-open',
  ]);
  const surer = { ...hit(1, 'human'), confidence: 0.99 };
  assert.deepEqual(triggers(change([hit(1, 'human-via-proxy')], surer, [surer])), []);
});

test('of several events that become a person’s at once, exactly the earliest is the first', () => {
  const after = [hit(1, 'human'), hit(2, 'human'), { ...hit(3, 'human'), at: 1001 }];
  const before = [hit(1, 'scanner')];
  const fired = after.filter((event) => triggers(change(before, event, after)).includes('first-open'));
  assert.deepEqual(
    fired.map(({ source }) => source),
    ['hit:e:1'],
  );
});

test('first-open has one key per delivery, every-open one per event, both without the token’s id', () => {
  const keys = matchRules(everyRule, change([], hit(1, 'human'))).map(({ idempotencyKey }) => idempotencyKey);
  assert.deepEqual(keys, [
    'r-first-open:to-first-open:WB-0000-0000-0000:first-open',
    'r-every-open:to-every-open:hit:e:1',
  ]);
});

test('a channel hears of one opening once, as the first when it is the first', () => {
  const rules = [rule('every-open'), rule('first-open')];
  assert.deepEqual(triggers(change([], hit(1, 'human')), rules), ['first-open']);
});

test('a rule tells all its channels, a disabled one none', () => {
  const entries = matchRules(
    [rule('first-open', ['a', 'b']), rule('click', ['c'], false)],
    change([], hit(1, 'human')),
  );
  assert.deepEqual(
    entries.map(({ channelId, workspaceId }) => [channelId, workspaceId]),
    [
      ['a', 7],
      ['b', 7],
    ],
  );
  assert.deepEqual(triggers(change([], hit(1, 'human', 'clicked')), [rule('click', ['c'], false)]), []);
});

test('a bounce or a turn to failed is trouble, once per delivery', () => {
  const bounce: SourcedEvent = { at: 5, type: 'bounced', source: 'report:1' };
  assert.deepEqual(triggers(change([], bounce)), ['trouble']);
  const deferral: SourcedEvent = { at: 5, type: 'deferred', source: 'relay:1:9' };
  assert.deepEqual(triggers(change([], deferral)), []);
  assert.deepEqual(triggers({ ...change([], deferral), verdict: verdict('failed') }), ['trouble']);
  const [first] = matchRules(everyRule, change([], bounce));
  const [second] = matchRules(everyRule, change([bounce], { ...bounce, source: 'report:2' }));
  assert.equal(first?.idempotencyKey, second?.idempotencyKey);
});

test('an objection notifies of nothing but the objection', () => {
  assert.deepEqual(triggers(change([hit(1, 'human')], { at: 5, type: 'objected', source: 'privacy:1' })), [
    'objection',
  ]);
});

test('what else a timeline’s event carries does not travel', () => {
  const event = { ...hit(1, 'human'), id: 'secret', rulesVersion: 3 };
  const [entry] = matchRules(everyRule, change([], event));
  assert.deepEqual(Object.keys(entry?.notification.event ?? {}).sort(), [
    'actor',
    'at',
    'confidence',
    'type',
  ]);
});

test('a receipt and an answer by a person are signs; a receipt that says nothing of reading is none', () => {
  const report = (event: Partial<SourcedEvent>): SourcedEvent => ({
    at: 5000,
    type: 'receipt',
    source: 'report:1',
    actor: 'human',
    ...event,
  });
  const displayed = report({ confidence: 0.85 });
  assert.deepEqual(triggers(change([], displayed)), ['first-open', 'every-open']);
  const replied = report({ type: 'replied', confidence: 0.97, source: 'report:2' });
  assert.deepEqual(triggers(change([displayed], replied)), ['every-open']);
  assert.deepEqual(triggers(change([], report({ reasons: [{ code: 'receipt-deleted', text: '' }] }))), []);
  assert.deepEqual(triggers(change([], report({ type: 'auto-replied', actor: 'automation' }))), []);
});

test('a complaint is trouble of its own; one failed address behind a list is none', () => {
  const complained: SourcedEvent = { at: 5000, type: 'complained', source: 'report:3', confidence: 0.8 };
  const [entry] = matchRules(everyRule, change([], complained));
  assert.equal(entry?.notification.trigger, 'trouble');
  assert.match(entry?.idempotencyKey ?? '', /:complaint$/);
  const partly: SourcedEvent = {
    at: 5000,
    type: 'bounced',
    source: 'report:4',
    reasons: [{ code: 'one-of-several', text: '' }],
  };
  assert.deepEqual(triggers(change([], partly)), []);
});
