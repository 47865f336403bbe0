import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryId } from '../kernel/ids.ts';
import type { EnvelopeOptions } from './envelope.ts';
import { noticeOf } from './notice-decision.ts';
import { outcomeOf } from './outcome.ts';
import type { Attempt } from './pipeline.ts';

const HOUR_MS = 3_600_000;
const EXPIRY_MS = 5 * 24 * HOUR_MS;
const OPTIONS: EnvelopeOptions = {
  wayOut: 'smarthost',
  copy: null,
  trackingNumber: null,
  from: 'ann@example.org',
  subject: 'x',
};
const REJECTED: Attempt = { kind: 'rejected', reply: '550 5.1.1 no such user' };
const BUSY: Attempt = { kind: 'deferred', code: 'server-deferred', reply: '451 4.7.1 greylisted' };
const GONE: Attempt = { kind: 'deferred', code: 'server-unreachable', reply: 'connect ECONNREFUSED' };

/** What is told of an attempt, this long after the mail was accepted. */
function noticed(
  attempt: Attempt,
  options: Partial<EnvelopeOptions> = {},
  { afterMs = HOUR_MS, from = 'ann@example.org', deliveryId = 'd' as DeliveryId | null } = {},
) {
  const mail = {
    deliveryId,
    envelopeFrom: from,
    options: { ...OPTIONS, ...options },
    attempts: 9,
    deferrals: 8,
    lastError: null,
    expiresAt: EXPIRY_MS,
  };
  const retry = { firstPauseMs: 1_000, longestPauseMs: HOUR_MS, expiryMs: EXPIRY_MS };
  const outcome = outcomeOf(mail, attempt, { at: afterMs, retry, random: (n) => new Uint8Array(n) });
  return noticeOf(mail, attempt, outcome, { at: afterMs, expiryMs: EXPIRY_MS });
}

test('a failure is told unless the sender said otherwise', () => {
  const notice = noticed(REJECTED);
  assert.deepEqual(
    [notice?.action, notice?.status, notice?.reply],
    ['failed', '5.1.1', '550 5.1.1 no such user'],
  );
  assert.equal(noticed(REJECTED, { dsn: { notify: ['failure', 'delay'] } })?.action, 'failed');
  assert.equal(noticed(REJECTED, { dsn: { notify: ['NEVER'] } }), undefined);
  assert.equal(noticed(REJECTED, { dsn: { notify: ['SUCCESS'] } }), undefined);
});

test('what the sender asked for counts, not what Waybill asks for beyond it', () => {
  const options = { dsn: { notify: ['SUCCESS', 'FAILURE', 'DELAY'] }, asked: { notify: ['NEVER'] } };
  assert.equal(noticed(REJECTED, options), undefined);
});

test('nobody is told of bounces, captured mail and mail of our own; senders of mail that passes through are', () => {
  assert.equal(noticed(REJECTED, {}, { from: '' }), undefined);
  assert.equal(noticed(REJECTED, {}, { deliveryId: null }), undefined);
  assert.equal(noticed(REJECTED, { foreign: true }, { deliveryId: null })?.action, 'failed');
  assert.equal(noticed(REJECTED, { sender: '' }, { from: 'return+path@example.org' }), undefined);
  const copy = { raw: Buffer.of(), from: '', subject: '', trackingNumber: null, at: 0 };
  assert.equal(noticed({ kind: 'captured', copy }, { dsn: { notify: ['SUCCESS'] } }), undefined);
});

test('a mail that expired failed with the status of time, or with what the server said last', () => {
  const late = { afterMs: EXPIRY_MS };
  assert.deepEqual([noticed(GONE, {}, late)?.status, noticed(GONE, {}, late)?.reply], ['4.4.7', undefined]);
  assert.equal(noticed(BUSY, {}, late)?.reply, '451 4.7.1 greylisted');
  assert.match(noticed(GONE, {}, late)?.reason ?? '', /gave up\..*ECONNREFUSED/);
});

test('a delay is told after four hours, to those who asked', () => {
  const asked = { dsn: { notify: ['DELAY'] } };
  assert.equal(noticed(BUSY, asked, { afterMs: 3.9 * HOUR_MS }), undefined);
  const notice = noticed(BUSY, asked, { afterMs: 4 * HOUR_MS });
  assert.deepEqual([notice?.action, notice?.status], ['delayed', '4.7.1']);
  assert.equal(noticed(GONE, asked, { afterMs: 5 * HOUR_MS })?.status, '4.4.0');
  assert.equal(noticed(BUSY, {}, { afterMs: 5 * HOUR_MS }), undefined);
});

test('a handing on is told to those who asked, where the next server will not confirm', () => {
  const asked = { dsn: { notify: ['SUCCESS', 'FAILURE'] } };
  const relayed = (confirms?: boolean): Attempt => ({
    kind: 'relayed',
    reply: '250 ok',
    ...(confirms === undefined ? {} : { confirms }),
  });
  assert.equal(noticed(relayed(false), asked)?.action, 'relayed');
  assert.equal(noticed(relayed(true), asked), undefined);
  assert.equal(noticed(relayed(), asked), undefined);
  assert.equal(noticed(relayed(false)), undefined);
});
