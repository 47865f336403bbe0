import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreateMessage } from '@waybill/sdk';
import { simpleParser } from 'mailparser';
import { AppError } from '../kernel/errors.ts';
import { bareAddress, composeMail } from './compose.ts';
import { lineEndTrouble } from './line-ends.ts';

const GIVEN = { messageIdHeader: '<id@example.org>', date: Date.UTC(2026, 10, 23, 12) };
const MAIL: CreateMessage = {
  from: 'Jörg <joerg@example.org>',
  to: ['"Doe, Ann" <ann@example.net>', 'bob@example.net'],
  cc: ['carol@example.net'],
  bcc: ['secret@example.net'],
  subject: 'Grüße aus Köln',
  html: '<p>Hallo ❤</p>',
  text: 'Hallo ❤\nzweite Zeile',
  headers: { 'Reply-To': 'desk@example.org', References: '<a@b.c>' },
  attachments: [{ filename: 'Übersicht.bin', contentType: 'application/octet-stream', content: 'AAEC/w==' }],
  send: true,
};

async function refused(changes: Partial<CreateMessage>): Promise<string[]> {
  try {
    await composeMail({ ...MAIL, ...changes }, GIVEN);
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'invalid-input');
    return error.fields.map(({ field }) => field);
  }
  return [];
}

test('what was given is in the mail, in both forms, and the secret recipient is not', async () => {
  const raw = await composeMail(MAIL, GIVEN);
  assert.equal(lineEndTrouble(raw), undefined);
  assert.equal(Buffer.from(raw).includes('secret'), false);
  const mail = await simpleParser(Buffer.from(raw));
  assert.equal(mail.from?.text, '"Jörg" <joerg@example.org>');
  assert.equal(mail.subject, MAIL.subject);
  assert.equal(mail.text?.trim(), MAIL.text);
  assert.equal(mail.html, MAIL.html);
  assert.equal(mail.messageId, '<id@example.org>');
  assert.equal(mail.date?.getTime(), GIVEN.date);
  assert.equal(mail.replyTo?.text, 'desk@example.org');
  assert.equal(mail.attachments[0]?.filename, 'Übersicht.bin');
  assert.deepEqual([...(mail.attachments[0]?.content ?? [])], [0, 1, 2, 255]);
  assert.match(Buffer.from(raw).toString('latin1'), /multipart\/alternative/);
});

test('HTML alone stays alone', async () => {
  const { text: _text, attachments: _attachments, ...htmlOnly } = MAIL;
  const raw = Buffer.from(await composeMail(htmlOnly, GIVEN)).toString('latin1');
  assert.match(raw, /^Content-Type: text\/html; charset=utf-8/m);
  assert.doesNotMatch(raw, /multipart|text\/plain/);
});

test('a Message-ID and a date of the caller are kept', async () => {
  const raw = await composeMail(
    { ...MAIL, headers: { 'message-id': '<own@example.org>', Date: 'Tue, 1 Dec 2026 08:00:00 +0100' } },
    GIVEN,
  );
  const mail = await simpleParser(Buffer.from(raw));
  assert.equal(mail.messageId, '<own@example.org>');
  assert.equal(mail.date?.toISOString(), '2026-12-01T07:00:00.000Z');
  assert.equal(
    Buffer.from(raw)
      .toString('latin1')
      .match(/^(?:message-id|date):/gim)?.length,
    2,
  );
});

test('no value can begin a header field of its own, and the error names the field', async () => {
  assert.deepEqual(await refused({ subject: 'x\r\nBcc: eve@evil.test' }), ['subject']);
  assert.deepEqual(await refused({ from: 'a@b.c\nBcc: eve@evil.test' }), ['from']);
  assert.deepEqual(await refused({ to: ['ok@example.org', 'x@y.z\r\nX: y'] }), ['to[1]']);
  assert.deepEqual(await refused({ headers: { 'X-Test': 'a\r\nBcc: eve@evil.test' } }), ['headers.X-Test']);
  assert.deepEqual(await refused({ headers: { 'X\r\nBcc': 'eve@evil.test' } }), ['headers.X\r\nBcc']);
  assert.deepEqual(await refused({ headers: { Bcc: 'eve@evil.test' } }), ['headers.Bcc']);
  assert.deepEqual(
    await refused({
      attachments: [{ filename: 'a\r\nX: y', contentType: 'text/plain; x', content: '%%%%' }],
    }),
    ['attachments[0].filename', 'attachments[0].contentType', 'attachments[0].content'],
  );
});

test('a file name or address given as content is not fetched', async () => {
  const raw = await composeMail(
    {
      ...MAIL,
      html: '<img src="file:///etc/hostname"><img src="data:image/gif;base64,R0lGODdhAQABAIAAAP///////ywAAAAAAQABAAACAkQBADs=">',
    },
    GIVEN,
  );
  assert.match(Buffer.from(raw).toString('latin1').replaceAll(/=\r\n/g, ''), /file:\/\/\/etc\/hostname/);
});

test('wrong addresses are found, each by its field', async () => {
  assert.deepEqual(
    await refused({
      from: '',
      to: ['a@b.c', 'nobody', '@example.org', 'a@', 'a@b.c, d@e.f'],
      cc: ['x y@z.w'],
      bcc: ['<>'],
    }),
    ['from', 'to[1]', 'to[2]', 'to[3]', 'to[4]', 'cc[0]', 'bcc[0]'],
  );
  assert.equal(bareAddress('"Doe, Ann" <ann@example.net>', 'to[0]'), 'ann@example.net');
  assert.equal(bareAddress('ann@example.net', 'to[0]'), 'ann@example.net');
  assert.throws(() => bareAddress('nobody', 'to[3]'), /to\[3\] is not an address/);
});
