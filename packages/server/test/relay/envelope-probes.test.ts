/**
 * An inventory of what submission promises (RFC 6409, 5321, 1870, 6152, 6531, 3461, 4954, 2034), one command a row, and of
 * what a hostile or odd client might try instead. The same is said on every kind of connection.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, startTestRelay, USER, type TestRelay } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { startStrictServer, type StrictServer } from '../support/strict-server.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temp-dir.ts';

const many = (count: number) => 'x'.repeat(count);

/** What follows `MAIL FROM:`, and the reply. */
const MAIL: readonly (readonly [string, RegExp])[] = [
  ['<s@example.org>', /^250 2\.1\.0 /],
  ['<>', /^250 2\.1\.0 /],
  ['<s@example.org> SIZE=1000 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb', /^250 2\.1\.0 /],
  ['<s@example.org> body=8bitmime', /^250 2\.1\.0 /],
  ['<s@example.org> AUTH=<>', /^250 2\.1\.0 /],
  ['<@a.example,@b.example:s@example.org>', /^250 2\.1\.0 /],
  ['<s@example.org> SIZE=1000001', /^552 5\.3\.4 /],
  ['<s@example.org> SIZE=-1', /^501 5\.5\.4 /],
  ['<s@example.org> SIZE=99999999999999999999999', /^501 5\.5\.4 /],
  ['<s@example.org> SIZE=1 SIZE=2', /^501 5\.5\.4 /],
  ['<s@example.org> BODY=BINARYMIME', /^501 5\.5\.4 /],
  ['<s@example.org> SMTPUTF8=1', /^501 5\.5\.4 /],
  ['<s@example.org> RET=SOME', /^501 5\.5\.4 /],
  ['<s@example.org> ENVID=', /^501 5\.5\.4 /],
  ['<s@example.org> REQUIRETLS', /^555 5\.5\.4 /],
  ['<s@example.org> HOLDFOR=60', /^555 5\.5\.4 /],
  ['<s\u00c3\u00b6@example.org>', /^553 5\.6\.7 /],
  ['<s\u00ff@example.org> SMTPUTF8', /^500 5\.5\.2 /],
  ['s@example.org', /^501 5\.1\.7 /],
  ['<s@example.org', /^501 5\.1\.7 /],
  ['<<s@example.org>>', /^501 5\.1\.7 /],
  ['<s@exam ple.org>', /^501 5\.1\.7 /],
  ['<s@example..org>', /^501 5\.1\.7 /],
  ['<s>', /^501 5\.1\.7 /],
  [`<${many(300)}@example.org>`, /^501 5\.1\.7 /],
  [`<s@${Array(200).fill('abc').join('.')}>`, /^501 5\.1\.7 /],
  [`<s@example.org> ENVID=${many(3_000)}`, /^500 5\.5\.2 /],
];

/** The same for `RCPT TO:`. */
const RCPT: readonly (readonly [string, RegExp])[] = [
  ['<a@b.example>', /^250 2\.1\.5 /],
  ['<Postmaster>', /^250 2\.1\.5 /],
  ['<a@[192.0.2.1]>', /^250 2\.1\.5 /],
  ['<a@b.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a+2Bx@b.example', /^250 2\.1\.5 /],
  ['<a@b.example> NOTIFY=NEVER,SUCCESS', /^501 5\.5\.4 /],
  ['<a@b.example> ORCPT=a@b.example', /^501 5\.5\.4 /],
  ['<a@b.example> ORCPT=rfc822;a+zz@b.example', /^501 5\.5\.4 /],
  ['<a@b.example> SIZE=1', /^555 5\.5\.4 /],
  ['<a@b.example>,<c@d.example>', /^555 5\.5\.4 /],
  ['<a@b.example> <c@d.example>', /^555 5\.5\.4 /],
  ['<>', /^501 5\.1\.3 /],
  ['<a@>', /^501 5\.1\.3 /],
  ['<a b@c.example>', /^501 5\.1\.3 /],
  ['<"a b@c.example>', /^501 5\.1\.3 /],
  ['<"a" b@c.example>', /^501 5\.1\.3 /],
  ['<"a"@c..example>', /^501 5\.1\.3 /],
  ['<a@[999.0.0.1]>', /^501 5\.1\.3 /],
  ['<"a@b.example"@c.example>', /^501 5\.1\.3 /],
  ['<a\\@b@c.example>', /^501 5\.1\.3 /],
  ['<a@xn--.example>', /^501 5\.1\.3 /],
  ['<"a>b"@c.example> FOO=1', /^(?:501|555) 5\.[15]\.[34] /],
  ['<a@c_d.example> FOO=1', /^555 5\.5\.4 /],
  ['<"a b"@c.example> FOO=1', /^555 5\.5\.4 /],
];

/** They exist, and reach the next server as they are. */
const UNUSUAL = [
  '.a..b.@docomo.example',
  '"john doe"@c.example',
  String.raw`"a\"b"@c.example`,
  'a@c_d.example',
  '"x"@[192.0.2.1]',
  'a%b@c.example',
  'a!b@c.example',
  '|cat@c.example',
];

const OTHERS: readonly (readonly [string, RegExp])[] = [
  ['EHLO', /^501 /],
  ['EHLO a b', /^501 /],
  ['NOOP x', /^250 2\.0\.0 /],
  ['RSET', /^250 2\.0\.0 /],
  ['VRFY ann@b.example', /^252 2\.1\.5 /],
  ['EXPN list', /^502 5\.5\.1 /],
  ['ETRN example.org', /^502 5\.5\.1 /],
  ['TURN', /^502 5\.5\.1 /],
  ['BDAT 3 LAST', /^502 5\.5\.1 /],
  ['XCLIENT ADDR=192.0.2.1', /^50[02] 5\.5\.[12] /],
  ['MAILFROM:<s@example.org>', /^500 5\.5\.2 /],
  ['MAIL\tFROM:<s@example.org>', /^500 5\.5\.2 /],
  ['RCPT TO:<a@b.example>', /^503 5\.5\.1 /],
  ['DATA', /^503 5\.5\.1 /],
  ['AUTH PLAIN', /^503 5\.5\.1 /],
];

describe('the envelope, probed', () => {
  let directory: TemporaryDirectory;
  let relay: TestRelay;
  let smarthost: StrictServer;

  before(async () => {
    directory = await temporaryDirectory();
    smarthost = await startStrictServer(['8BITMIME', 'SMTPUTF8', 'DSN']);
    relay = await startTestRelay(directory.path, {
      settings: {
        smarthostUrl: smarthost.url,
        submissions: { host: '127.0.0.1', port: 0 },
        filter: { host: '127.0.0.1', port: 0 },
      },
      tuning: { smtpLimits: { maxErrors: 1_000, maxIdleCommands: 1_000 } },
    });
  });
  after(async () => {
    await relay.close();
    await smarthost.close();
    await directory[Symbol.asyncDispose]();
  });

  const ways: Record<string, () => Promise<SmtpDialogue>> = {
    'in the clear, on this machine': async () => signedIn(await SmtpDialogue.open(relay.submission)),
    'after STARTTLS': async () => {
      const client = await SmtpDialogue.open(relay.submission);
      await client.command('EHLO client.example');
      assert.match(await client.command('STARTTLS'), /^220 2\.0\.0 /);
      await client.upgrade();
      return signedIn(client);
    },
    'with TLS from the start': async () => {
      assert.ok(relay.relay.submissions);
      return signedIn(await SmtpDialogue.openTls(relay.relay.submissions));
    },
    'from a mail server': async () => {
      assert.ok(relay.relay.filter);
      const client = await SmtpDialogue.open(relay.relay.filter);
      await client.command('EHLO client.example');
      return client;
    },
  };

  for (const [way, connect] of Object.entries(ways)) {
    test(`${way}, each command gets its reply and the session goes on`, async () => {
      const client = await connect();
      try {
        for (const [path, reply] of MAIL) {
          assert.match(await client.command(`MAIL FROM:${path}`), reply, path);
          await client.command('RSET');
        }
        for (const [path, reply] of RCPT) {
          await client.command('MAIL FROM:<s@example.org>');
          assert.match(await client.command(`RCPT TO:${path}`), reply, path);
          await client.command('RSET');
        }
        for (const [command, reply] of OTHERS) {
          // Who need not sign in cannot.
          const expected = way === 'from a mail server' && command.startsWith('AUTH') ? /^50[023] / : reply;
          assert.match(await client.command(command), expected, command);
        }
        assert.match(await client.command('QUIT'), /^221 2\.0\.0 /);
      } finally {
        client.close();
      }
    });
  }

  test('a browser that is made to speak to the port is hung up on', async () => {
    const client = await SmtpDialogue.open(relay.submission);
    try {
      client.write('POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\nMAIL FROM:<s@example.org>\r\n');
      assert.match(await client.reply(), /^421 4\.4\.2 /);
      assert.equal(await client.reply(), '');
    } finally {
      client.close();
    }
  });

  test('unusual addresses reach the next server as they were given', async () => {
    const client = await ways['from a mail server']?.();
    assert.ok(client);
    try {
      await client.command('MAIL FROM:<"s o"@example.org>');
      for (const address of UNUSUAL) {
        assert.match(await client.command(`RCPT TO:<${address}>`), /^250 /, address);
      }
      assert.match(await client.command('DATA'), /^354 /);
      client.write('From: "s o"@example.org\r\nSubject: x\r\n\r\nbody\r\n.\r\n');
      assert.match(await client.reply(), /^250 /);
      const said = (pattern: RegExp) =>
        new Set(smarthost.commands.map((command) => pattern.exec(command)?.[1]).filter(Boolean));
      await eventually('all are sent', async () => said(/^RCPT TO:<(.*)>/).size === UNUSUAL.length);
      assert.deepEqual([...said(/^RCPT TO:<(.*)>/)].sort(), [...UNUSUAL].sort());
      assert.deepEqual([...said(/^MAIL FROM:<(.*?)>/)], ['"s o"@example.org']);
    } finally {
      client.close();
    }
  });

  test('whatever stands in quotes, nobody becomes another sender by it', async () => {
    await relay.engine.db
      .updateTable('smtp_credentials')
      .set({ allowed_from: JSON.stringify(['sam@example.org', '@example.net']) })
      .where('username', '=', USER)
      .execute();
    const client = await signedIn(await SmtpDialogue.open(relay.submission));
    try {
      for (const path of [
        '<"sam"@evil.example>',
        '<"sam @example.org"@evil.example>',
        '<@example.net:x@evil.example>',
        '<sam@example.org.evil.example>',
      ]) {
        assert.match(await client.command(`MAIL FROM:${path}`), /^5(?:53 5\.7\.1|01 5\.1\.7) /, path);
      }
      assert.match(await client.command('MAIL FROM:<"any one"@example.net>'), /^250 /);
    } finally {
      client.close();
    }
  });
});

async function signedIn(client: SmtpDialogue): Promise<SmtpDialogue> {
  assert.match(await client.signIn(USER, PASSWORD), /^235 2\.7\.0 /);
  return client;
}
