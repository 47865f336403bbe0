/** Nothing that a sender writes becomes a header field, a recipient or an SMTP command of its own. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { CreateMessage } from '@waybill/sdk';
import fc from 'fast-check';
import { AppError } from '../../src/kernel/errors.ts';
import { readHeaderBlock } from '../../src/relay/header-block.ts';
import { PASSWORD, startTestRelay, submit, USER, type TestRelay } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { startStrictServer, type StrictServer } from '../support/strict-server.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temp-dir.ts';

const COMMAND =
  /^(?:EHLO [^ ]+|MAIL FROM:<[^<> \r\n\t]*>(?: [A-Z0-9-]+(?:=[^ ]+)?)*|RCPT TO:<[^<> \r\n\t]+>(?: [A-Z0-9-]+(?:=[^ ]+)?)*|DATA|RSET|QUIT)$/;

describe('header injection', () => {
  let directory: TemporaryDirectory;
  let relay: TestRelay;
  let smarthost: StrictServer;

  before(async () => {
    directory = await temporaryDirectory();
    smarthost = await startStrictServer(['8BITMIME', 'SMTPUTF8', 'DSN']);
    relay = await startTestRelay(directory.path, {
      settings: { smarthostUrl: smarthost.url, publicUrl: 'https://track.example.org' },
    });
  });
  after(async () => {
    await relay.close();
    await smarthost.close();
    await directory[Symbol.asyncDispose]();
  });

  const fieldNames = (raw: Uint8Array): string[] => readHeaderBlock(raw).fields.map(({ name }) => name);

  async function outgoing(count: number): Promise<Buffer[]> {
    await eventually('it is out', async () => smarthost.mails.length >= count);
    for (const command of smarthost.commands) assert.match(command, COMMAND);
    const mails = [...smarthost.mails];
    smarthost.mails.length = 0;
    return mails;
  }

  test('line ends written as xtext, UTF-8 or raw are no part of an envelope', async () => {
    const client = await SmtpDialogue.open(relay.submission);
    const utf8 = (text: string) => Buffer.from(text).toString('latin1');
    try {
      assert.match(await client.signIn(USER, PASSWORD), /^235/);
      for (const line of [
        'MAIL FROM:<a@example.org> ENVID=x+0D+0ARCPT',
        'MAIL FROM:<a@example.org> ENVID=x+0A',
        'MAIL FROM:<a@example.org> AUTH=x+0D+0A',
        'MAIL FROM:<a@example.org\rX>',
        'MAIL FROM:<a\0@example.org>',
        'MAIL FROM:<a@example.org> BODY=8BITMIME\u000bRCPT',
        utf8('MAIL FROM:<a\u0085b@example.org> SMTPUTF8'),
        utf8('MAIL FROM:<a\u2028b@example.org> SMTPUTF8'),
        utf8('MAIL FROM:<a@example.org\u2029> SMTPUTF8'),
        'MAIL FROM:<a@example.org>> RCPT TO:<b@example.org>',
        'MAIL FROM:<a@example.org SIZE=1>',
      ]) {
        assert.match(await client.command(line), /^5(?:0[01]|55) 5\.\d\.\d /, JSON.stringify(line));
      }
      assert.match(await client.command('MAIL FROM:<a@example.org>'), /^250/);
      for (const line of [
        'RCPT TO:<b@example.org> ORCPT=rfc822;x+0D+0AX:y',
        'RCPT TO:<b@example.org> ORCPT=rfc822;x+00',
        'RCPT TO:<b@example.org> NOTIFY=NEVER\u000cX',
        'RCPT TO:<b@example.org>\rRCPT TO:<victim@example.net>',
        'RCPT TO:<b@example.org,victim@example.net>',
        'RCPT TO:<b@example.org> <victim@example.net>',
      ]) {
        assert.match(await client.command(line), /^5(?:0[01]|55) 5\.\d\.\d /, JSON.stringify(line));
      }
      assert.match(await client.command('DATA'), /^503 /, 'no recipient was taken');
    } finally {
      client.close();
    }
  });

  test('encoded line ends in Subject and From stay what they are, in the mail and in what is kept of it', async () => {
    const header = [
      'From: =?utf-8?q?Ann=0D=0ABcc:_victim=40example=2Enet?= <sender@example.org>',
      'To: =?utf-8?b?DQpCY2M6IHZpY3RpbUBleGFtcGxlLm5ldA==?= <ann@example.net>',
      'Subject: =?utf-8?q?hello=0D=0AX-Injected:_yes=00=1B[2J?=',
      'X-Injected-Not: a',
      'Message-ID: <id@example.org>',
      'Date: Mon, 23 Nov 2026 12:00:00 +0000',
      'Content-Type: text/html',
    ];
    assert.match(await submit(relay, `${header.join('\r\n')}\r\n\r\n<p>x</p>\r\n`), /^250/);
    const [mail] = await outgoing(1);
    assert.ok(mail);
    assert.equal(mail.toString('latin1').split('\r\n\r\n')[0], header.join('\r\n'), 'the header is the same');
    const [message] = await relay.engine.db.selectFrom('messages').selectAll().execute();
    // eslint-disable-next-line no-control-regex -- these are what must not be there
    assert.doesNotMatch(JSON.stringify(message), /\\[rn]|\\u00[01]/);
    assert.match(message?.subject ?? '', /^hello X-Injected: yes/);
  });

  test('X-Waybill fields never leave, nor does Bcc, however they are written', async () => {
    const hidden = [
      'X-Waybill: on\r\n\tfolded',
      'x-waybill-mode : full',
      'X-WAYBILL-Anything: <script>',
      'Bcc: secret@example.net,\r\n other@example.net',
      'BCC:secret@example.net',
      'Resent-Bcc: secret@example.net',
    ];
    for (const field of hidden) {
      const raw = `From: sender@example.org\r\n${field}\r\nno field at all\r\nSubject: x\r\n\r\nX-Waybill: in the body\r\n`;
      assert.match(await submit(relay, raw), /^250/, field);
      const [mail] = await outgoing(1);
      const text = mail?.toString('latin1') ?? '';
      assert.doesNotMatch(text.split('\r\n\r\n')[0] ?? '', /waybill|bcc|secret|folded/i, field);
      assert.match(text, /X-Waybill: in the body/);
    }
  });

  const MAIL: CreateMessage = {
    from: 'Ann <ann@example.org>',
    to: ['bob@example.net'],
    subject: 'x',
    text: 'body',
    headers: { 'X-Test': 'a' },
    send: true,
  };
  const create = (changes: Partial<CreateMessage>) =>
    relay.relay.messages.create(relay.workspaceId, { ...MAIL, ...changes });

  test('API fields that hold line ends or other control characters are refused by name', async () => {
    for (const end of ['\r\n', '\n', '\r', '\0', '\r\n ', '\u000b', '\u007f']) {
      const evil = `a${end}Bcc: victim@example.net`;
      const tries: [string, Partial<CreateMessage>][] = [
        ['subject', { subject: evil }],
        ['from', { from: `Ann${end}Bcc: victim@example.net <ann@example.org>` }],
        ['from', { from: `ann@example.org${end}` }],
        ['to[0]', { to: [`bob@example.net${end}RCPT TO:<victim@example.net>`] }],
        ['cc[0]', { cc: [`<bob@example.net>${end}x <a@b.c>`] }],
        ['headers.X-Test', { headers: { 'X-Test': evil } }],
        [`headers.X-A${end}X-B`, { headers: { [`X-A${end}X-B`]: 'a' } }],
        [
          'attachments[0].filename',
          { attachments: [{ filename: evil, contentType: 'text/plain', content: '' }] },
        ],
        [
          'attachments[0].contentType',
          { attachments: [{ filename: 'a', contentType: `text/plain${end}X-A: b`, content: '' }] },
        ],
      ];
      for (const [field, changes] of tries) {
        await assert.rejects(create(changes), (error) => {
          assert.ok(error instanceof AppError, String(error));
          assert.equal(error.code, 'invalid-input');
          assert.ok(
            error.fields.some((wrong) => wrong.field === field),
            `${field} ${JSON.stringify(end)}`,
          );
          return true;
        });
      }
    }
    for (const name of [
      'Bcc',
      'from',
      'TO',
      'Content-Type',
      'MIME-Version',
      'X A',
      'X:A',
      '',
      'Received',
      'X-Ä',
    ]) {
      await assert.rejects(create({ headers: { [name]: 'x' } }), /not valid/, name);
    }
  });

  test('whatever an API field holds, the mail has the fields that were asked for and the recipient who was named', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({
        unit: fc.constantFrom(
          '\r',
          '\n',
          ' ',
          ':',
          '<',
          '>',
          '@',
          '"',
          ',',
          ';',
          'a',
          '=?',
          '?=',
          '\u2028',
          '\u0085',
          '\\',
          '(',
          ')',
        ),
      }),
      fc.constantFrom('=?utf-8?q?=0D=0ABcc:_v=40e.com?=', '\u560d\u560aBcc: v@e.com', '%0d%0aBcc: v@e.com'),
    );
    const expected = new Set(
      'from,to,subject,x-test,message-id,date,mime-version,content-type,content-transfer-encoding'.split(','),
    );
    await fc.assert(
      fc.asyncProperty(text, text, text, text, async (subject, name, value, local) => {
        let taken = true;
        try {
          await create({
            subject,
            from: `${name} <ann@example.org>`,
            to: [`${local}@example.net`],
            headers: { 'X-Test': value },
          });
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'invalid-input') throw error;
          taken = false;
        }
        if (!taken) return;
        smarthost.commands.length = 0;
        const [mail] = await outgoing(1);
        assert.ok(mail);
        for (const field of fieldNames(mail))
          assert.ok(expected.has(field), `${field} in ${mail.toString('latin1')}`);
        assert.equal(fieldNames(mail).filter((field) => field === 'from').length, 1);
      }),
      { numRuns: 100 },
    );
    const rows = await relay.engine.db.selectFrom('deliveries').select('recipient').execute();
    for (const { recipient } of rows) assert.match(recipient, /@example\.net$/);
  });
});
