import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { parseReport } from '../reports/reports.ts';
import { composeNotice, type NoticeFact, type NoticeSubject } from './delivery-notice.ts';

const AT = Date.UTC(2026, 10, 23, 12);
const FROM = {
  mailbox: 'Waybill <waybill@example.org>',
  host: 'relay.example.org',
  remoteHost: 'mx.example.net',
};
const FAILED: NoticeFact = {
  action: 'failed',
  at: AT,
  status: '5.1.1',
  reply: '550 5.1.1 no such user',
  reason: 'The mail server refused it: 550 5.1.1 no such user',
};
const SUBJECT: NoticeSubject = {
  key: 'row',
  sender: 'ann@example.org',
  recipient: 'bob@example.net',
  asked: { envid: 'order 7', orcpt: 'rfc822;bobby@example.net' },
  raw: Buffer.from(
    'From: ann@example.org\r\nMessage-ID: <1@example.org>\r\nSubject: The offer\r\n\r\nBody.\r\n',
  ),
  subject: 'The offer',
  acceptedAt: AT - 60_000,
  expiresAt: AT + 86_400_000,
};

const compose = (fact: Partial<NoticeFact> = {}, subject: Partial<NoticeSubject> = {}): string =>
  Buffer.from(composeNotice({ ...FAILED, ...fact }, { ...SUBJECT, ...subject }, FROM)).toString('utf8');

test('a failure is a report that mail programs and our own reader understand', async () => {
  const notice = compose();
  const report = parseReport(Buffer.from(notice));
  assert.equal(report.kind, 'dsn');
  assert.equal(report.originalMessageId, '<1@example.org>');
  const [recipient] = report.recipients;
  assert.deepEqual(
    [recipient?.action, recipient?.status, recipient?.class],
    ['failed', '5.1.1', 'unknown-user'],
  );
  assert.match(notice, /^Auto-Submitted: auto-replied\r\n/m);
  const status = [
    'Original-Envelope-Id: order 7',
    'Reporting-MTA: dns; relay.example.org',
    'Arrival-Date: Mon, 23 Nov 2026 11:59:00 +0000',
    '',
    'Original-Recipient: rfc822; bobby@example.net',
    'Final-Recipient: rfc822; bob@example.net',
    'Action: failed',
    'Status: 5.1.1',
    'Remote-MTA: dns; mx.example.net',
    'Diagnostic-Code: smtp; 550 5.1.1 no such user',
    'Last-Attempt-Date: Mon, 23 Nov 2026 12:00:00 +0000',
    '',
  ].join('\r\n');
  assert.ok(notice.includes(`Content-Type: message/delivery-status\r\n\r\n${status}`), notice);
  const parsed = await simpleParser(notice);
  assert.match(parsed.text ?? '', /Your mail "The offer".*could\s+not be delivered to bob@example\.net/s);
  assert.equal(parsed.to && 'text' in parsed.to ? parsed.to.text : '', 'ann@example.org');
});

test('the header comes back, or the whole mail where it was asked for and failed', () => {
  assert.match(
    compose(),
    /Content-Type: text\/rfc822-headers\r\n\r\nFrom: ann@example\.org\r\n[^]*Subject: The offer\r\n\r\n--/,
  );
  assert.ok(!compose().includes('Body.'));
  const full = { asked: { ret: 'FULL' as const } };
  assert.match(
    compose({}, full),
    /Content-Type: message\/rfc822\r\n\r\nFrom: ann@example\.org\r\n[^]*\r\n\r\nBody\.\r\n/,
  );
  assert.ok(!compose({ action: 'delayed' }, full).includes('Body.'));
  assert.ok(!compose({}, { ...full, raw: Buffer.alloc(2_000_000, 'x\r\n') }).includes('message/rfc822'));
});

test('nothing is invented: no envelope id, original recipient or reply where there was none', () => {
  const { reply: _, ...silent } = FAILED;
  const notice = Buffer.from(composeNotice(silent, { ...SUBJECT, asked: {} }, FROM)).toString();
  assert.doesNotMatch(notice, /Original-Envelope-Id|Original-Recipient|Diagnostic-Code/);
});

test('a delay says until when, and a handing on that no more news will come', () => {
  const delayed = compose({ action: 'delayed', status: '4.4.1' });
  assert.match(delayed, /^Action: delayed\r\n/m);
  assert.match(delayed, /^Will-Retry-Until: Tue, 24 Nov 2026 12:00:00 \+0000\r\n/m);
  assert.equal(parseReport(Buffer.from(delayed)).recipients[0]?.action, 'delayed');
  const relayed = compose({ action: 'relayed', status: '2.0.0', reply: '250 ok' });
  assert.equal(parseReport(Buffer.from(relayed)).recipients[0]?.action, 'relayed');
});

test('the same notice made twice is the same mail', () => {
  assert.equal(compose(), compose());
  assert.notEqual(compose(), compose({}, { key: 'other' }));
});

test('addresses beyond ASCII are written for ASCII, and words of strangers stay words', () => {
  const notice = compose(
    { reply: '550 \u001b[31mno\r\nAction: delivered é' },
    {
      recipient: 'jürgen@example.net',
      asked: { orcpt: 'utf-8;jürgen@example.net', envid: 'a\r\nX-Evil: 1' },
    },
  );
  assert.match(notice, /^Final-Recipient: utf-8; j\\x\{FC\}rgen@example\.net\r\n/m);
  assert.match(notice, /^Original-Recipient: utf-8; j\\x\{FC\}rgen@example\.net\r\n/m);
  assert.match(notice, /^Diagnostic-Code: smtp; 550 \[31mno Action: delivered \?\r\n/m);
  assert.match(notice, /^Original-Envelope-Id: a X-Evil: 1\r\n/m);
});

test('whatever a server, a subject or an address says, the notice has short lines with CRLF and one failed recipient', () => {
  const text = fc.string({ unit: 'binary', maxLength: 2_000 });
  fc.assert(
    fc.property(text, text, text, (reply, subject, local) => {
      const notice = compose({ reply, reason: reply }, { subject, recipient: `${local}@example.net` });
      assert.ok(!/[^\r]\n|\r[^\n]/.test(notice));
      assert.ok(notice.split('\r\n').every((line) => Buffer.byteLength(line) <= 998));
      const report = parseReport(Buffer.from(notice));
      assert.equal(report.kind, 'dsn');
      assert.deepEqual(
        report.recipients.map(({ action }) => action),
        ['failed'],
      );
    }),
    { numRuns: 200 },
  );
});
