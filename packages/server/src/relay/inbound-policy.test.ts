import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isForSender, wasDeliveredTo } from './inbound-policy.ts';

test('the sender gets the reports that they would have got without Waybill, and no others', () => {
  for (const [kind, action, notify, expected] of [
    ['dsn', 'failed', null, true],
    ['dsn', 'failed', 'SUCCESS', false],
    ['dsn', 'failed', 'FAILURE,DELAY', true],
    ['dsn', 'failed', 'NEVER', false],
    ['bounce', undefined, null, true],
    ['bounce', undefined, 'NEVER', false],
    ['dsn', 'delayed', null, true],
    ['dsn', 'delayed', 'FAILURE', false],
    ['dsn', 'delivered', null, false],
    ['dsn', 'delivered', 'SUCCESS,FAILURE', true],
    ['dsn', 'relayed', null, false],
    ['mdn', undefined, null, false],
    ['mdn', 'failed', null, true],
    ['auto-reply', undefined, 'NEVER', true],
    ['reply', undefined, null, true],
    ['complaint', undefined, null, true],
    ['none', undefined, null, true],
  ] as const) {
    assert.equal(isForSender({ kind, action }, notify), expected, `${kind} ${action ?? ''} ${notify ?? ''}`);
  }
});

test('a mail that bears the mark of this address is one that goes round', () => {
  const raw = Buffer.from(
    'Delivered-To: WB+x@bounces.example.org\r\nSubject: a\r\n\r\nDelivered-To: b@c\r\n',
  );
  assert.equal(wasDeliveredTo(raw, 'wb+x@bounces.example.org'), true);
  assert.equal(wasDeliveredTo(raw, 'b@c'), false);
});
