import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMailFacts } from './mail-facts.ts';

const facts = (...lines: string[]) =>
  readMailFacts(Buffer.from(`${lines.join('\r\n')}\r\n\r\nbody\r\n`, 'utf8'));

test('names and subject are decoded from encoded words and from raw UTF-8', () => {
  const read = facts(
    'From: =?iso-8859-1?Q?J=F6rg?= <j@example.org>',
    'To: "Doe, Ann" <ann@example.net>, bob@example.net',
    'Cc: Team: c@example.net, =?utf-8?B?xYF1a2Fzeg==?= <l@example.net>;',
    'Subject: =?utf-8?B?w4RwZmVs?= und',
    ' =?windows-1252?Q?Birnen_=80?=',
    'Message-ID: <abc@example.org>',
    'Date: Mon, 23 Nov 2026 12:00:00 +0000',
  );
  assert.deepEqual(read, {
    from: 'Jörg <j@example.org>',
    to: ['"Doe, Ann" <ann@example.net>', 'bob@example.net'],
    cc: ['c@example.net', 'Łukasz <l@example.net>'],
    subject: 'Äpfel und Birnen €',
    messageId: '<abc@example.org>',
    hasMessageId: true,
    hasDate: true,
    mode: undefined,
    receipts: undefined,
    lists: [],
    asksForReceipt: false,
  });
  assert.equal(facts('From: Jörg <j@example.org>', 'Subject: Grüße').subject, 'Grüße');
});

test('a header with nothing in it gives nothing, without failing', () => {
  const read = readMailFacts(Buffer.from('\r\njust text\r\n'));
  assert.deepEqual(
    [read.from, read.to, read.subject, read.messageId, read.hasDate],
    ['', [], '', null, false],
  );
});

test('a Message-ID without its brackets is one; what is none is there all the same', () => {
  const read = (value: string) => {
    const { messageId, hasMessageId } = facts(`Message-ID: ${value}`);
    return [messageId, hasMessageId];
  };
  assert.deepEqual(read('12345@example.org'), ['<12345@example.org>', true]);
  assert.deepEqual(read('\r\n <12345@example.org> (once)'), ['<12345@example.org>', true]);
  assert.deepEqual(read('0022'), ['<0022>', true]);
  assert.deepEqual(read('no id at all'), [null, true]);
  assert.deepEqual(
    [facts('From: a@example.org').messageId, facts('From: a@example.org').hasMessageId],
    [null, false],
  );
});

test('control characters in encoded words do not get through', () => {
  const read = facts('From: a@example.org', 'Subject: =?utf-8?Q?one=0D=0ABcc:_x=00y?=');
  assert.equal(read.subject, 'one Bcc: x y');
});

test('a mail can ask for a mode, and a word nobody knows tracks nothing', () => {
  const mode = (...lines: string[]) => facts('From: a@example.org', ...lines).mode;
  assert.equal(mode('X-Waybill-Mode: Aggregate'), 'aggregate');
  assert.equal(mode('x-waybill-mode: off'), 'off');
  assert.equal(mode('X-Waybill: off', 'X-Waybill-Mode: full'), 'off');
  assert.equal(mode('X-Waybill-Mode: none please'), 'off');
  assert.equal(mode('X-Waybill: on'), undefined);
  assert.equal(mode('Subject: x'), undefined);
});

test('a mail can ask for receipts, and asks by itself in the ways that there are', () => {
  const receipts = (value: string) => facts(`X-Waybill-Receipts: ${value}`).receipts;
  assert.deepEqual(receipts('delivery, Reading'), { delivery: true, reading: true });
  assert.deepEqual(receipts('reading'), { delivery: false, reading: true });
  assert.deepEqual(receipts('off'), { delivery: false, reading: false });
  for (const name of ['Disposition-Notification-To', 'X-Confirm-Reading-To', 'Return-Receipt-To']) {
    assert.equal(facts(`${name}: a@example.org`).asksForReceipt, true);
  }
});
