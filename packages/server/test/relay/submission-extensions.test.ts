import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { PASSWORD, startTestRelay, submit, USER, type TestRelay } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { startStrictServer, type StrictServer } from '../support/strict-server.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temp-dir.ts';

const MAIL = 'From: sender@example.org\r\nSubject: x\r\n\r\nbody\r\n';
const plain = (authzid: string, name: string, password: string): string =>
  btoa(`${authzid}\0${name}\0${password}`);

describe('the extensions of submission', () => {
  let directory: TemporaryDirectory;
  let relay: TestRelay;
  let smarthost: StrictServer;
  let client: SmtpDialogue;

  before(async () => {
    directory = await temporaryDirectory();
    smarthost = await startStrictServer(['8BITMIME', 'SMTPUTF8', 'DSN']);
    relay = await startTestRelay(directory.path, {
      settings: { smarthostUrl: smarthost.url, submissions: { host: '127.0.0.1', port: 0 } },
      tuning: { smtpLimits: { maxErrors: 1_000, maxCommandsBeforeSignIn: 1_000 } },
    });
  });
  afterEach(() => client.close());
  after(async () => {
    await relay.close();
    await smarthost.close();
    await directory[Symbol.asyncDispose]();
  });

  async function greeted(): Promise<SmtpDialogue> {
    client = await SmtpDialogue.open(relay.submission);
    await client.command('EHLO client.example');
    return client;
  }

  async function signedIn(): Promise<SmtpDialogue> {
    await greeted();
    assert.match(await client.command(`AUTH PLAIN ${plain('', USER, PASSWORD)}`), /^235 2\.7\.0 /);
    return client;
  }

  const keywords = (reply: string): string[] =>
    reply
      .split('\n')
      .map((line) => line.replace(/^250[- ]/, ''))
      .slice(1)
      .sort();

  test('with TLS on from the start, after STARTTLS and in the clear the same is offered, but for TLS itself', async () => {
    const all = [
      '8BITMIME',
      'AUTH PLAIN LOGIN',
      'DSN',
      'ENHANCEDSTATUSCODES',
      'PIPELINING',
      'SIZE 1000000',
      'SMTPUTF8',
    ];
    client = await SmtpDialogue.open(relay.submission);
    assert.deepEqual(keywords(await client.command('EHLO client.example')), [...all, 'STARTTLS'].sort());
    assert.match(await client.command('STARTTLS'), /^220 2\.0\.0 /);
    await client.upgrade();
    assert.deepEqual(keywords(await client.command('EHLO client.example')), all);
    client.close();
    assert.ok(relay.relay.submissions);
    client = await SmtpDialogue.openTls(relay.relay.submissions);
    assert.deepEqual(keywords(await client.command('EHLO client.example')), all);
    assert.match(await client.command('STARTTLS'), /^503 5\.5\.1 /);
  });

  test('AUTH PLAIN: at once, after a challenge, broken off, and broken', async () => {
    await greeted();
    assert.match(await client.command('AUTH PLAIN'), /^334 ?$/);
    assert.match(await client.command('*'), /^501 5\./);
    assert.match(await client.command('AUTH PLAIN'), /^334 ?$/);
    assert.match(await client.command('not base64!'), /^501 5\./);
    for (const token of ['=', '*', 'AAAA', btoa('no separators'), btoa(`a\0b\0c\0d`), btoa('\0\u0001\0x')]) {
      assert.match(await client.command(`AUTH PLAIN ${token}`), /^501 5\./, token);
    }
    assert.match(await client.command(`AUTH PLAIN ${plain('', USER, '')}`), /^535 5\.7\.8 /);
    assert.match(await client.command(`AUTH PLAIN ${plain('', USER, PASSWORD)} more`), /^501 5\.5\.4 /);
    assert.match(await client.command(`AUTH PLAIN ${plain('boss', USER, PASSWORD)}`), /^535 5\.7\.8 /);
    assert.match(await client.command('MAIL FROM:<sender@example.org>'), /^530 /, 'none of this signed in');
    assert.match(await client.command('AUTH PLAIN'), /^334/);
    assert.match(await client.command(plain(USER.toUpperCase(), USER, PASSWORD)), /^235 2\.7\.0 /);
    assert.match(await client.command(`AUTH PLAIN ${plain('', USER, PASSWORD)}`), /^503 5\.5\.1 /);
  });

  test('AUTH LOGIN: name at once or asked for, broken off at either question', async () => {
    const [name, password] = [btoa(USER), btoa(PASSWORD)];
    await greeted();
    for (const answers of [['*'], [name, '*']]) {
      assert.match(await client.command('AUTH LOGIN'), /^334 VXNlcm5hbWU6$/);
      for (const answer of answers.slice(0, -1))
        assert.match(await client.command(answer), /^334 UGFzc3dvcmQ6$/);
      assert.match(await client.command('*'), /^501 5\./);
    }
    assert.match(await client.command(`AUTH LOGIN ${name}`), /^334 UGFzc3dvcmQ6$/);
    assert.match(await client.command('NOOP'), /^535 /, 'a line within AUTH is no command');
    assert.match(await client.command('auth login'), /^334/);
    assert.match(await client.command(name), /^334/);
    assert.match(await client.command(password), /^235 2\.7\.0 /);
  });

  test('AUTH needs EHLO first, a mechanism that is offered, and a line of sane length', async () => {
    client = await SmtpDialogue.open(relay.submission);
    assert.match(await client.command(`AUTH PLAIN ${plain('', USER, PASSWORD)}`), /^503 5\.5\.1 /);
    await client.command('EHLO client.example');
    for (const mechanism of ['CRAM-MD5', 'XOAUTH2', 'NTLM', '', 'CONSTRUCTOR', '__PROTO__']) {
      assert.match(await client.command(`AUTH ${mechanism}`), /^504 5\.5\.4 /, mechanism);
    }
    assert.match(await client.command(`AUTH PLAIN ${'A'.repeat(11_000)}`), /^501 /);
    assert.match(await client.command(`AUTH PLAIN ${'A'.repeat(13_000)}`), /^421 /);
  });

  test('nothing that was said in the clear is obeyed inside TLS, whole or half a line of it', async () => {
    const login = `AUTH PLAIN ${plain('', USER, PASSWORD)}\r\n`;
    for (const injected of [
      `EHLO evil.example\r\n${login}MAIL FROM:<evil@example.com>\r\n`,
      'NOOP',
      login.slice(0, -2),
      'RSET\r\n'.repeat(500),
    ]) {
      await greeted();
      client.write(`STARTTLS\r\n${injected}`);
      assert.match(await client.reply(), /^220 2\.0\.0 /);
      await client.upgrade();
      assert.match(
        await client.command('MAIL FROM:<sender@example.org>'),
        /^503 5\.5\.1 /,
        'EHLO is asked for anew',
      );
      assert.match(await client.command('EHLO client.example'), /^250-/);
      assert.match(await client.command('MAIL FROM:<sender@example.org>'), /^530 5\.7\.0 /);
      client.close();
    }
    await greeted();
    assert.match(await client.command('STARTTLS now'), /^501 5\.5\.4 /);
  });

  test('DSN parameters that are not as RFC 3461 wants them are refused, and the others passed on as they were', async () => {
    await signedIn();
    assert.match(await client.command('MAIL FROM:<sender@example.org> RET=ALL'), /^501 5\.5\.4 /);
    assert.match(await client.command('MAIL FROM:<sender@example.org> ENVID=a+b'), /^501 5\.5\.4 /);
    assert.match(await client.command('MAIL FROM:<sender@example.org> ENVID=a ENVID=b'), /^501 5\.5\.4 /);
    assert.match(await client.command('MAIL FROM:<sender@example.org> NOTIFY=NEVER'), /^555 5\.5\.4 /);
    assert.match(
      await client.command('MAIL FROM:<sender@example.org> RET=HDRS ENVID=q+2B7+3D+20x'),
      /^250 2\.1\.0 /,
    );
    assert.match(await client.command('RCPT TO:<ann@example.net> NOTIFY=NEVER,SUCCESS'), /^501 5\.5\.4 /);
    assert.match(await client.command('RCPT TO:<ann@example.net> ORCPT=ann@example.net'), /^501 5\.5\.4 /);
    assert.match(
      await client.command('RCPT TO:<ann@example.net> NOTIFY=SUCCESS,delay ORCPT=rfc822;ann+2Bx@example.net'),
      /^250 2\.1\.5 /,
    );
    assert.match(await client.command('RCPT TO:<bob@example.net> NOTIFY=NEVER'), /^250 2\.1\.5 /);
    assert.match(await client.command('DATA'), /^354/);
    client.write(`${MAIL}.\r\n`);
    assert.match(await client.reply(), /^250 2\.6\.0 /);
    const said = await eventually('both copies are out', async () => {
      const commands = smarthost.commands.filter((command) => /^(?:MAIL|RCPT)/.test(command));
      return commands.length >= 4 && commands.join('\n');
    });
    assert.match(said, /^MAIL FROM:<sender@example\.org>.* ENVID=q\+2B7\+3D\+20x/m);
    assert.match(said, /^MAIL FROM:.* RET=HDRS/m);
    assert.match(said, /^RCPT TO:<ann@example\.net>.* NOTIFY=SUCCESS,DELAY/m);
    assert.match(said, /^RCPT TO:<ann@example\.net>.* ORCPT=rfc822;ann\+2Bx@example\.net/m);
    assert.match(said, /^RCPT TO:<bob@example\.net>.* NOTIFY=NEVER/m);
  });

  test('addresses beyond ASCII and 8-bit bodies go through when the client announces them', async () => {
    await signedIn();
    const utf8 = (text: string) => Buffer.from(text).toString('latin1');
    assert.match(await client.command(utf8('MAIL FROM:<jörg@example.org>')), /^553 5\.6\.7 /);
    assert.match(
      await client.command('MAIL FROM:<j\xf6rg@example.org> SMTPUTF8'),
      /^500 5\.5\.2 /,
      'Latin-1 is no UTF-8',
    );
    smarthost.commands.length = 0;
    const reply = await submit(relay, utf8(MAIL.replace('body', 'ä')), {
      from: utf8('jörg@example.org'),
      to: [utf8('用户@例え.jp')],
      parameters: ' SMTPUTF8 BODY=8BITMIME SIZE=60',
    });
    assert.match(reply, /^250 2\.6\.0 /);
    await eventually('it is out', async () => smarthost.commands.includes('DATA'));
    const said = Buffer.from(smarthost.commands.join('\n'), 'latin1').toString();
    assert.match(said, /^MAIL FROM:<jörg@example\.org>.*\bSMTPUTF8\b/m);
    assert.match(said, /^MAIL FROM:.*\bBODY=8BITMIME\b/m);
    assert.match(said, /^RCPT TO:<用户@(?:例え|xn--r8jz45g)\.jp>/m);
  });
});

test('without TLS, where that is not allowed, AUTH is neither offered nor taken; with it, both', async () => {
  await using directory = await temporaryDirectory();
  const relay = await startTestRelay(directory.path, { settings: { allowPlainOnLoopback: false } });
  const client = await SmtpDialogue.open(relay.submission);
  try {
    assert.doesNotMatch(await client.command('EHLO client.example'), /AUTH/);
    assert.match(await client.command('AUTH LOGIN'), /^538 5\.7\.11 /);
    assert.match(await client.command(btoa(USER)), /^500 /, 'no name was asked for');
    assert.match(await client.command('STARTTLS'), /^220/);
    await client.upgrade();
    assert.match(await client.command('EHLO client.example'), /^250[ -]AUTH PLAIN LOGIN$/m);
    assert.match(await client.signIn(USER, PASSWORD), /^235 /);
  } finally {
    client.close();
    await relay.close();
  }
});
