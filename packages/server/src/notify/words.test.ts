import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MessageId, WorkspaceId } from '../kernel/ids.ts';
import type { DeliveryNotification } from './notification.ts';
import { wordsFor } from './words.ts';

const URL = 'https://waybill.example.org';
const AT = Date.UTC(2026, 10, 23, 14, 2, 7);

function opened(changes: Partial<DeliveryNotification> = {}): DeliveryNotification {
  return {
    trigger: 'first-open',
    workspaceId: 1 as WorkspaceId,
    messageId: 'm' as MessageId,
    trackingNumber: 'WB-7K3M-9QXD-2F4T',
    recipient: 'ann@example.org',
    subject: 'Offer 2026',
    event: {
      at: AT,
      type: 'opened',
      actor: 'human',
      confidence: 0.95,
      reasons: [{ code: 'own-network', text: 'The image was loaded from an access network.' }],
      place: { grain: 'city', city: 'Berlin', country: 'DE' },
      client: { name: 'Apple Mail', version: '17', os: 'macOS', device: 'desktop' },
      network: { owner: 'Deutsche Telekom AG', kind: 'access' },
    },
    verdict: { state: 'read', confidence: 0.95, reasons: [], settled: true },
    ...changes,
  };
}

const viaProxy = opened({
  event: {
    at: AT,
    type: 'opened',
    actor: 'human-via-proxy',
    confidence: 0.72,
    network: { owner: 'Google LLC', kind: 'image-proxy' },
    place: { grain: 'city', city: 'Mountain View', country: 'US' },
  },
});

test('a sure opening is told without doubt, an unsure one says probably', () => {
  assert.equal(wordsFor(opened(), URL).line, 'ann@example.org read "Offer 2026".');
  const event = { ...opened().event, confidence: 0.89 };
  assert.equal(wordsFor(opened({ event }), URL).line, 'ann@example.org probably read "Offer 2026".');
});

test('behind a proxy the proxy is named, and its place is not given as the reader’s', () => {
  const words = wordsFor(viaProxy, URL);
  assert.equal(words.line, `ann@example.org probably read "Offer 2026", behind Google's image proxy.`);
  assert.match(words.body, /Where +unknown, behind Google's image proxy/);
  assert.doesNotMatch(words.body + words.sms, /Mountain View/);
});

test('an owner that is named after its proxy is not given another one', () => {
  const network = { owner: 'Google image proxy', kind: 'image-proxy' as const };
  const words = wordsFor(
    opened({ event: { at: AT, type: 'opened', actor: 'human-via-proxy', confidence: 0.72, network } }),
    URL,
  );
  assert.match(words.line, /, behind Google image proxy\.$/);
});

test('the mail says when, where, with what, how sure, why, the number and where to look', () => {
  const { body } = wordsFor(opened(), URL);
  for (const expected of [
    'When      23 Nov 2026, 14:02:07 UTC',
    'Where     Berlin, Germany',
    'Network   Deutsche Telekom',
    'With      Apple Mail 17 on macOS, desktop',
    'How sure  a person (95 %)',
    'Number    WB-7K3M-9QXD-2F4T',
    '- The image was loaded from an access network.',
    'https://waybill.example.org/deliveries/WB-7K3M-9QXD-2F4T',
  ]) {
    assert.ok(body.split('\n').includes(expected), `${expected} in\n${body}`);
  }
});

test('a click names the link, trouble its reason, an objection its effect', () => {
  const event = { ...opened().event, type: 'clicked' as const, link: 'https://shop.example/a' };
  const click = wordsFor(opened({ trigger: 'click', event }), URL);
  assert.equal(click.line, 'ann@example.org followed a link in "Offer 2026".');
  assert.match(click.body, /Link +https:\/\/shop\.example\/a/);
  const reasons = [{ code: 'unknown-user', text: 'The mailbox does not exist.' }];
  const bounce = wordsFor(opened({ trigger: 'trouble', event: { at: AT, type: 'bounced', reasons } }), URL);
  assert.equal(bounce.line, '"Offer 2026" did not reach ann@example.org: The mailbox does not exist.');
  const objection = wordsFor(opened({ trigger: 'objection', event: { at: AT, type: 'objected' } }), URL);
  assert.equal(
    objection.line,
    'ann@example.org objected to the tracking of "Offer 2026"; nothing more is recorded.',
  );
});

test('an SMS tells time, place and client when there is room', () => {
  assert.equal(
    wordsFor(opened(), URL).sms,
    'ann@example.org read "Offer 2026", 23 Nov 14:02 UTC, Berlin, Germany, Apple Mail 17 on macOS, desktop. WB-7K3M-9QXD-2F4T',
  );
});

test('an SMS with a long subject keeps the number and says that it was cut', () => {
  const { sms } = wordsFor(opened({ subject: 'A very long subject '.repeat(20) }), URL);
  assert.ok(sms.length <= 160 && sms.length > 140, sms);
  assert.match(sms, /\.\.\.", .*WB-7K3M-9QXD-2F4T$/);
});

test('typographic marks do not make an SMS expensive, other alphabets make it short', () => {
  assert.match(wordsFor(opened({ subject: '“Offer” – 2026…' }), URL).sms, /""Offer" - 2026\.\.\."/);
  const { sms } = wordsFor(opened({ subject: 'Предложение на 2026 год для вас и вашей семьи' }), URL);
  assert.ok(sms.length <= 70, sms);
  assert.match(sms, /Пред.*WB-7K3M-9QXD-2F4T$/);
});

test('no subject, address or name can break a line, turn the writing or outgrow an SMS', () => {
  const hostile = fc.string({ unit: 'binary', maxLength: 300 });
  fc.assert(
    fc.property(hostile, hostile, hostile, (subject, recipient, name) => {
      const event = { ...opened().event, client: { name } };
      const words = wordsFor(opened({ subject, recipient, event }), URL);
      for (const text of [words.subject, words.line, words.sms]) {
        // eslint-disable-next-line no-control-regex -- exactly these must not be there
        assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }
      assert.ok(words.sms.length <= 160);
      assert.ok(words.sms.endsWith('WB-7K3M-9QXD-2F4T'));
      assert.equal(words.body.split('\n').filter((line) => line.startsWith('Number ')).length, 1);
    }),
  );
});

test('a test says that it is one', () => {
  const words = wordsFor({ trigger: 'test', workspaceId: 1 as WorkspaceId, at: AT }, URL);
  assert.match(words.line, /^This is a test from Waybill/);
  assert.ok(words.sms.length <= 160);
});

test('answers, receipts and complaints have words of their own', () => {
  const line = (event: Partial<DeliveryNotification['event']>, trigger: DeliveryNotification['trigger']) =>
    wordsFor(opened({ trigger, event: { at: AT, type: 'replied', actor: 'human', ...event } }), URL).line;
  assert.equal(line({ confidence: 0.97 }, 'first-open'), 'ann@example.org answered "Offer 2026".');
  assert.equal(
    line({ type: 'receipt', confidence: 0.85 }, 'every-open'),
    'ann@example.org sent a receipt for "Offer 2026".',
  );
  assert.equal(
    line({ type: 'complained', confidence: 0.8 }, 'trouble'),
    'ann@example.org reported "Offer 2026" as unwanted.',
  );
});
