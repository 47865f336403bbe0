import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temp-dir.ts';
import { PASSWORD, startTestRelay, USER, type TestRelay } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';

const LIMITS = { maxRecipients: 3, maxConnections: 20, idleMs: 5_000 };
const MAIL = 'From: sender@example.org\r\nTo: ann@example.net\r\nSubject: hello\r\n\r\nbody\r\n';

describe('submission', () => {
  let directory: TemporaryDirectory;
  let it: TestRelay;
  const open: SmtpDialogue[] = [];

  before(async () => {
    directory = await temporaryDirectory();
    it = await startTestRelay(directory.path, {
      settings: { maxMessageBytes: 20_000, submissions: { host: '127.0.0.1', port: 0 } },
      tuning: { smtpLimits: LIMITS },
    });
  });
  afterEach(() => {
    for (const client of open.splice(0)) client.close();
  });
  after(async () => {
    await it.close();
    await directory[Symbol.asyncDispose]();
  });

  async function dialogue(): Promise<SmtpDialogue> {
    const client = await SmtpDialogue.open(it.submission);
    open.push(client);
    return client;
  }

  async function signedIn(): Promise<SmtpDialogue> {
    const client = await dialogue();
    assert.match(await client.signIn(USER, PASSWORD), /^235 2\.7\.0/);
    return client;
  }

  async function ready(client: SmtpDialogue, ...recipients: string[]): Promise<void> {
    assert.match(await client.command('MAIL FROM:<sender@example.org>'), /^250/);
    for (const recipient of recipients) assert.match(await client.command(`RCPT TO:<${recipient}>`), /^250/);
    assert.match(await client.command('DATA'), /^354/);
  }

  const messageCount = async (): Promise<number> =>
    (await it.engine.db.selectFrom('messages').select('id').execute()).length;

  test('what is offered: the extensions of a submission server, and no stranger commands', async () => {
    const client = await dialogue();
    const reply = await client.command('EHLO client.example');
    for (const keyword of [
      'PIPELINING',
      '8BITMIME',
      'SMTPUTF8',
      'ENHANCEDSTATUSCODES',
      'DSN',
      'STARTTLS',
      'SIZE 20000',
    ]) {
      assert.match(reply, new RegExp(`^250[- ]${keyword}$`, 'm'));
    }
    assert.match(reply, /^250[- ]AUTH (?:PLAIN LOGIN|LOGIN PLAIN)$/m);
    for (const command of ['WIZ x', 'SHELL', 'XCLIENT ADDR=192.0.2.1', 'TURN', 'BDAT 5 LAST']) {
      assert.match(await client.command(command), /^50[02] 5\.5\.[12]/, command);
    }
  });

  test('it is no open relay: nothing goes without signing in, in whatever order it is tried', async () => {
    const client = await dialogue();
    await client.command('EHLO client.example');
    assert.match(await client.command('MAIL FROM:<sender@example.org>'), /^530 5\.7\.0/);
    assert.match(await client.command('MAIL FROM:<>'), /^530 5\.7\.0/);
    assert.match(await client.command('RCPT TO:<victim@example.com>'), /^530 5\.7\.0/);
    assert.match(await client.command('DATA'), /^530 5\.7\.0/);
    for (const recipient of [
      'victim%example.com@localhost',
      'example.com!victim',
      '@localhost:victim@example.com',
    ]) {
      const other = await dialogue();
      await other.command('EHLO client.example');
      await other.command('MAIL FROM:<postmaster@localhost>');
      assert.match(await other.command(`RCPT TO:<${recipient}>`), /^530/, recipient);
    }
  });

  test('wrong passwords, half a token and unknown mechanisms do not sign in', async () => {
    const client = await dialogue();
    assert.match(await client.signIn(USER, 'wrong'), /^535 5\.7\.8 /);
    assert.match(await client.signIn('nobody', PASSWORD), /^535 5\.7\.8 /);
    assert.match(await client.command('AUTH PLAIN AAAA'), /^501/);
    assert.match(await client.command('AUTH CRAM-MD5'), /^504/);
    assert.match(await client.command('AUTH LOGIN'), /^334/);
    assert.match(await client.command('*'), /^501/);
    assert.match(await client.command('MAIL FROM:<sender@example.org>'), /^530/);
  });

  test('AUTH LOGIN works too, and a second identity is refused', async () => {
    const client = await dialogue();
    await client.command('EHLO client.example');
    await client.command('AUTH LOGIN');
    await client.command(Buffer.from(USER).toString('base64'));
    assert.match(await client.command(Buffer.from(PASSWORD).toString('base64')), /^235/);
    assert.match(await client.signIn(USER, PASSWORD), /^503/);
  });

  test('after many wrong passwords the name is blocked, even with the right one', async () => {
    for (let n = 0; n < 2; n++) {
      const client = await dialogue();
      for (let m = 0; m < 5; m++) assert.match(await client.signIn('guessed', `wrong ${n}${m}`), /^535/);
    }
    const client = await dialogue();
    assert.match(await client.signIn('guessed', 'wrong'), /^454 4\.7\.0/);
    assert.match(await client.signIn(USER, PASSWORD), /^235/);
  });

  test('STARTTLS upgrades with the own certificate, forgets what was said before, and mail goes through it', async () => {
    const client = await dialogue();
    await client.command('EHLO client.example');
    assert.match(await client.command('STARTTLS'), /^220/);
    await client.upgrade();
    assert.match(await client.command('MAIL FROM:<sender@example.org>'), /^503/);
    const offered = await client.command('EHLO client.example');
    assert.doesNotMatch(offered, /STARTTLS/);
    assert.match(await client.signIn(USER, PASSWORD), /^235/);
    await ready(client, 'ann@example.net');
    client.write(`${MAIL}.\r\n`);
    assert.match(await client.reply(), /^250 2\.6\.0 OK: accepted as WB-/);
  });

  test('commands smuggled in before the handshake are not obeyed inside TLS', async () => {
    const client = await dialogue();
    await client.command('EHLO client.example');
    client.write('STARTTLS\r\nNOOP\r\nQUIT\r\n');
    assert.match(await client.reply(), /^220/);
    await client.upgrade();
    assert.match(await client.command('EHLO again.example'), /^250-/);
    assert.match(await client.command('NOOP'), /^250/);
  });

  test('TLS from the start works on its own port', async () => {
    const address = it.relay.submissions;
    assert.ok(address);
    const client = await SmtpDialogue.openTls(address);
    open.push(client);
    assert.match(await client.signIn(USER, PASSWORD), /^235/);
    await ready(client, 'ann@example.net');
    client.write(`${MAIL}.\r\n`);
    assert.match(await client.reply(), /^250/);
  });

  test('the 250 names the tracking numbers, and the mail is in the store by then', async () => {
    const client = await signedIn();
    const count = await messageCount();
    await ready(client, 'ann@example.net', 'bob@example.net');
    client.write(`${MAIL}.\r\n`);
    const reply = await client.reply();
    const numbers = reply.match(/WB-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/g) ?? [];
    assert.equal(numbers.length, 2);
    assert.equal(await messageCount(), count + 1);
    const rows = await it.engine.db
      .selectFrom('deliveries')
      .select('recipient')
      .where('tracking_number', 'in', numbers)
      .execute();
    assert.deepEqual(rows.map(({ recipient }) => recipient).sort(), ['ann@example.net', 'bob@example.net']);
  });

  test('one recipient named twice, in whatever case, gets one copy', async () => {
    const client = await signedIn();
    await ready(client, 'ann@example.net', 'ann@EXAMPLE.net', 'Ann@example.net');
    client.write(`${MAIL}.\r\n`);
    assert.equal((await client.reply()).match(/\bWB-/g)?.length, 1);
  });

  test('too large: refused by its announcement at MAIL, and by its bytes at the end of DATA', async () => {
    const client = await signedIn();
    assert.match(await client.command('MAIL FROM:<sender@example.org> SIZE=20001'), /^552 5\.3\.4/);
    await ready(client, 'ann@example.net');
    const count = await messageCount();
    client.write(`Subject: big\r\n\r\n${'x'.repeat(998)}\r\n`);
    for (let n = 0; n < 25; n++) client.write(`${'x'.repeat(998)}\r\n`);
    client.write('.\r\n');
    assert.match(await client.reply(), /^552 5\.3\.4/);
    assert.equal(await messageCount(), count);
    await ready(client, 'ann@example.net');
    client.write(`${MAIL}.\r\n`);
    assert.match(await client.reply(), /^250/, 'the session goes on');
  });

  test('too many recipients: the rest is put off, the accepted ones get their mail', async () => {
    const client = await signedIn();
    await client.command('MAIL FROM:<sender@example.org>');
    for (let n = 0; n < 3; n++) assert.match(await client.command(`RCPT TO:<r${n}@example.net>`), /^250/);
    assert.match(await client.command('RCPT TO:<r3@example.net>'), /^452 4\.5\.3/);
    assert.match(await client.command('DATA'), /^354/);
    client.write(`${MAIL}.\r\n`);
    assert.match(await client.reply(), /^250/);
  });

  test('commands out of order and broken ones get their codes, and the session goes on', async () => {
    const client = await signedIn();
    assert.match(await client.command('DATA'), /^503/);
    assert.match(await client.command('RCPT TO:<ann@example.net>'), /^503/);
    assert.match(await client.command('MAIL FROM:<sender@example.org'), /^501/);
    assert.match(await client.command('MAIL FROM:<sender@example.org> BODY=BINARYMIME'), /^501/);
    assert.match(await client.command('MAIL FROM:<sender@example.org>'), /^250 2\.1\.0/);
    assert.match(await client.command('MAIL FROM:<sender@example.org>'), /^503/);
    assert.match(await client.command('RCPT TO:<>'), /^501/);
    assert.match(await client.command('RCPT TO:<no at sign>'), /^501/);
    assert.match(await client.command('RSET'), /^250/);
    assert.match(await client.command('NOOP'), /^250/);
    assert.match(await client.command('FROB'), /^500 5\.5\.2/);
    assert.match(await client.command('QUIT'), /^221/);
  });

  test('a pipelined mail is answered command by command', async () => {
    const client = await signedIn();
    client.write('MAIL FROM:<sender@example.org>\r\nRCPT TO:<ann@example.net>\r\nRCPT TO:<>\r\nDATA\r\n');
    assert.match(await client.reply(), /^250/);
    assert.match(await client.reply(), /^250/);
    assert.match(await client.reply(), /^501/);
    assert.match(await client.reply(), /^354/);
    client.write(`${MAIL}.\r\nQUIT\r\n`);
    assert.match(await client.reply(), /^250/);
    assert.match(await client.reply(), /^221/);
  });

  test('dots at the beginning of lines are unstuffed', async () => {
    const client = await signedIn();
    await ready(client, 'dots@example.net');
    client.write('Subject: dots\r\n\r\n..\r\n...two\r\nend.\r\n.\r\n');
    assert.match(await client.reply(), /^250/);
    const { raw } = await capturedBy('dots@example.net');
    assert.equal(Buffer.from(raw).toString('latin1'), 'Subject: dots\r\n\r\n.\r\n..two\r\nend.\r\n');
  });

  for (const [name, piece] of [
    ['a bare LF', 'one\ntwo\r\n'],
    ['a bare CR', 'one\rtwo\r\n'],
    ['a NUL', 'one\0two\r\n'],
    ['CR CR LF', 'one\r\r\ntwo\r\n'],
  ] as const) {
    test(`${name} in the data is refused, and the session goes on`, async () => {
      const client = await signedIn();
      const count = await messageCount();
      await ready(client, 'ann@example.net');
      client.write(`Subject: x\r\n\r\n${piece}.\r\n`);
      assert.match(await client.reply(), /^550 5\.6\.0 /);
      assert.equal(await messageCount(), count);
      assert.match(await client.command('NOOP'), /^250/);
    });
  }

  test('a dot cut off from its line by the network does not end the data', async () => {
    const client = await signedIn();
    await ready(client, 'cut@example.net');
    for (const piece of [
      'Subject: cut\r\n\r\n',
      '.',
      '.\r\n',
      'a\r',
      '\n',
      '.',
      '.',
      '\r\nNOOP\r\n',
      '.',
      '\r',
      '\n',
    ]) {
      client.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    assert.match(await client.reply(), /^250/);
    const { raw } = await capturedBy('cut@example.net');
    assert.equal(Buffer.from(raw).toString('latin1'), 'Subject: cut\r\n\r\n.\r\na\r\n.\r\nNOOP\r\n');
  });

  test('a client that goes away in the middle of its mail leaves nothing behind', async () => {
    const client = await signedIn();
    const count = await messageCount();
    await ready(client, 'ann@example.net');
    client.write('Subject: half\r\n\r\nhalf a mail\r\n');
    client.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(await messageCount(), count);
  });

  test('a connection too many is turned away, and there is room again when one has left', async () => {
    const clients = await Promise.all(Array.from({ length: LIMITS.maxConnections }, () => dialogue()));
    await assert.rejects(dialogue(), /^Error: 421 /);
    clients[0]?.close();
    const another = await eventually('there is room', dialogue);
    assert.match(await another.command('NOOP'), /^250/);
  });

  async function capturedBy(recipient: string): Promise<{ raw: Uint8Array }> {
    return eventually(`a mail is captured for ${recipient}`, () =>
      it.engine.db.selectFrom('captured').select('raw').where('recipient', '=', recipient).executeTakeFirst(),
    );
  }
});

test('passwords are not taken in the clear when the settings forbid it, and not offered either', async () => {
  await using directory = await temporaryDirectory();
  const relay = await startTestRelay(directory.path, { settings: { allowPlainOnLoopback: false } });
  const client = await SmtpDialogue.open(relay.submission);
  try {
    const offered = await client.command('EHLO client.example');
    assert.doesNotMatch(offered, /AUTH/);
    assert.match(offered, /STARTTLS/);
    assert.match(await client.command('AUTH PLAIN AGRlbW8AeA=='), /^538 5\.7\.11 /);
    assert.match(await client.command('MAIL FROM:<sender@example.org>'), /^530/);
    assert.match(await client.command('STARTTLS'), /^220/);
    await client.upgrade();
    assert.match(await client.command('EHLO client.example'), /^250[- ]AUTH /m);
    assert.match(await client.signIn(USER, PASSWORD), /^235/);
  } finally {
    client.close();
    await relay.close();
  }
});
