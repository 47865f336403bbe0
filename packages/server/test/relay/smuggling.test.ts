/**
 * SMTP smuggling: two servers that see the end of a mail at different places can be made to see a second mail in the
 * body of the first, with any sender. So DATA ends with CR LF . CR LF and nothing else, and a mail that holds what
 * another server may take for that is refused and never passed on.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { lineEndTrouble } from '../../src/relay/line-ends.ts';
import { eventually } from '../support/server.ts';
import { PASSWORD, startTestRelay, USER, type TestRelay } from '../support/relay.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { startStrictServer, type StrictServer } from '../support/strict-server.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temp-dir.ts';

const ENDINGS = [
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r.\r\n',
  '\r\n.\r',
  '\n.\r',
  '\r.\n',
  '\r\r\n.\r\r\n',
  '\r\n.\r\r\n',
  '\r\n\0.\r\n',
  '\r\n.\0\r\n',
  '\r\n.\r\0\n',
  '\0\r\n.\n',
  '\n\n.\r\n',
  '\u0085.\u0085\n',
];
const FIRST = 'From: sender@example.org\r\nSubject: first\r\n\r\nbody';
const SMUGGLED =
  'MAIL FROM:<admin@example.org>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n';
const PIPELINED = 'MAIL FROM:<sender@example.org>\r\nRCPT TO:<ann@example.net>\r\nDATA\r\n';

describe('smuggling in', () => {
  let directory: TemporaryDirectory;
  let relay: TestRelay;
  let client: SmtpDialogue;

  before(async () => {
    directory = await temporaryDirectory();
    relay = await startTestRelay(directory.path, { tuning: { smtpLimits: { maxErrors: 10_000 } } });
  });
  afterEach(() => client.close());
  after(async () => {
    await relay.close();
    await directory[Symbol.asyncDispose]();
  });

  async function toData(): Promise<void> {
    client.write(PIPELINED);
    for (const code of [/^250/, /^250/, /^354/]) assert.match(await client.reply(), code);
  }

  /** One refusal for all of it, and the session is where it was. */
  async function assertRefused(what: string): Promise<void> {
    assert.match(await client.reply(), /^550 5\.6\.0 /, what);
    assert.match(await client.command('NOOP'), /^250 2\.0\.0 OK$/, what);
  }

  async function assertNothingTaken(): Promise<void> {
    const rows = await relay.engine.db.selectFrom('messages').select('id').execute();
    assert.equal(rows.length, 0);
  }

  for (const ending of ENDINGS) {
    test(`${JSON.stringify(ending)} does not end the data, and what follows is no second mail`, async () => {
      client = await SmtpDialogue.open(relay.submission);
      assert.match(await client.signIn(USER, PASSWORD), /^235/);
      const mail = `${FIRST}${ending}${SMUGGLED}`;
      await toData();
      client.write(mail);
      await assertRefused('in one piece');

      client.write(PIPELINED + mail);
      for (const code of [/^250/, /^250/, /^354/]) assert.match(await client.reply(), code);
      await assertRefused('pipelined');

      // The network may cut anywhere: before, within and behind the ending.
      for (let cut = FIRST.length - 3; cut <= FIRST.length + ending.length + 3; cut++) {
        await toData();
        client.write(mail.slice(0, cut));
        await sleep(2);
        client.write(mail.slice(cut));
        await assertRefused(`cut at ${cut - FIRST.length}`);
      }
      await toData();
      for (const byte of mail) {
        client.write(byte);
        await new Promise(setImmediate);
      }
      await assertRefused('byte by byte');
      await assertNothingTaken();
    });
  }

  test('CR LF . CR LF ends the data however the network cuts it, and what follows is obeyed', async () => {
    client = await SmtpDialogue.open(relay.submission);
    assert.match(await client.signIn(USER, PASSWORD), /^235/);
    const mail = `${FIRST}\r\n..\r\n...\r\n.\r\nNOOP\r\n`;
    for (let cut = FIRST.length - 1; cut < mail.length; cut++) {
      await toData();
      client.write(mail.slice(0, cut));
      await sleep(2);
      client.write(mail.slice(cut));
      assert.match(await client.reply(), /^250 2\.6\.0 /, `cut at ${cut - FIRST.length}`);
      assert.match(await client.reply(), /^250 2\.0\.0 OK$/);
    }
    const sizes = await relay.engine.db.selectFrom('messages').select('size_bytes').distinct().execute();
    assert.deepEqual(sizes, [{ size_bytes: `${FIRST}\r\n.\r\n..\r\n`.length }]);
    await relay.engine.db.deleteFrom('messages').execute();
  });

  test('chunks (BDAT) are neither offered nor taken', async () => {
    client = await SmtpDialogue.open(relay.submission);
    assert.doesNotMatch(await client.command('EHLO client.example'), /CHUNKING|BINARYMIME|BURL/);
    assert.match(await client.signIn(USER, PASSWORD), /^235/);
    assert.match(await client.command('MAIL FROM:<sender@example.org>'), /^250/);
    assert.match(await client.command('RCPT TO:<ann@example.net>'), /^250/);
    assert.match(await client.command('BDAT 0 LAST'), /^502 5\.5\.1 /);
    await assertNothingTaken();
  });

  test('a bare CR or a NUL within a command does not begin another one', async () => {
    client = await SmtpDialogue.open(relay.submission);
    assert.match(await client.signIn(USER, PASSWORD), /^235/);
    for (const separator of ['\r', '\0', '\r\0', '\u000b', '\u000c']) {
      client.write(`MAIL FROM:<sender@example.org>${separator}RCPT TO:<victim@example.net>\r\n`);
      assert.match(await client.reply(), /^500 5\.5\.2 /, JSON.stringify(separator));
      assert.match(await client.command('RCPT TO:<victim@example.net>'), /^503 /, 'no mail has begun');
    }
  });
});

describe('smuggling out', () => {
  let directory: TemporaryDirectory;
  let relay: TestRelay;
  let smarthost: StrictServer;

  before(async () => {
    directory = await temporaryDirectory();
    smarthost = await startStrictServer();
    relay = await startTestRelay(directory.path, {
      settings: { smarthostUrl: smarthost.url, publicUrl: 'https://track.example.org' },
    });
  });
  after(async () => {
    await relay.close();
    await smarthost.close();
    await directory[Symbol.asyncDispose]();
  });

  async function send(raw: string): Promise<void> {
    const client = await SmtpDialogue.open(relay.submission);
    try {
      assert.match(await client.signIn(USER, PASSWORD), /^235/);
      client.write(PIPELINED);
      for (const code of [/^250/, /^250/, /^354/]) assert.match(await client.reply(), code);
      client.write(`${raw.replaceAll(/^\./gm, '..')}.\r\n`);
      assert.match(await client.reply(), /^250/);
    } finally {
      client.close();
    }
  }

  const html = (body: string): string =>
    `From: sender@example.org\r\nSubject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${body}`;

  test('what goes out has no bare CR or LF, lines that begin with a dot are stuffed, and each mail is one', async () => {
    const untouched =
      'From: sender@example.org\r\nSubject: x\r\n\r\n.\r\n..\r\n.NOOP\r\n\r\n.\r\nend\r\n.\r\n';
    const mails = [
      untouched,
      html('<p>one</p>\r\n.\r\n<p>two <a href="https://example.com/?a=1&b=2">link</a></p>\r\n..\r\n'),
      html(`<p>${'long '.repeat(3_000)}</p>\r\n`),
      html('no line end at all <b>here</b>\r\n'),
      `${html('<p>x</p>').replace('\r\n\r\n', '\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n')}=0D=0A.=0D=0A=\r\n.\r\n`,
    ];
    for (const mail of mails) await send(mail);
    const { workspaceId } = relay;
    for (const text of ['a\nb', 'a\rb', 'a\r\n.\r\nMAIL FROM:<x@y.z>', '\n.\n', '.', '\u2028.\u2028']) {
      await relay.relay.messages.create(workspaceId, {
        from: 'sender@example.org',
        to: ['ann@example.net'],
        subject: 'x',
        text,
        html: `<p>${text}</p>`,
        send: true,
      });
    }
    const count = mails.length + 6;
    await eventually('all are out', async () => smarthost.mails.length >= count);
    assert.equal(smarthost.mails.length, count);
    for (const mail of smarthost.mails) {
      assert.equal(lineEndTrouble(mail), undefined, mail.toString('latin1'));
    }
    const unstuffed = smarthost.mails.map((mail) => mail.toString('latin1').replaceAll(/^\./gm, ''));
    assert.ok(unstuffed.includes(untouched), 'what is not tracked is the same, byte for byte');
    assert.ok(
      smarthost.commands.every((command) => /^(?:EHLO|MAIL FROM|RCPT TO|DATA|RSET|QUIT)\b/.test(command)),
    );
    assert.equal(smarthost.commands.filter((command) => command === 'DATA').length, count);
  });
});
