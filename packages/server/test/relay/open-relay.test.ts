/** No open relay in any configuration: nobody hands mail to others through this server without having signed in. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PASSWORD, startTestRelay, USER, type TestRelay } from '../support/relay.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temp-dir.ts';

const DATA = 'Subject: relayed\r\n\r\nx\r\n.\r\n';

/** Sender and recipient of the probes that open-relay testers try. */
const PROBES: [name: string, from: string, to: string][] = [
  ['a stranger to a stranger', '<spam@example.com>', '<victim@example.net>'],
  ['the empty sender', '<>', '<victim@example.net>'],
  ['a sender of ours', '<postmaster@localhost>', '<victim@example.net>'],
  ['a sender at our address', '<spam@[127.0.0.1]>', '<victim@example.net>'],
  ['a sender without domain', '<postmaster>', '<victim@example.net>'],
  ['the percent hack', '<spam@example.com>', '<victim%example.net@localhost>'],
  ['the percent hack at our address', '<spam@example.com>', '<victim%example.net@[127.0.0.1]>'],
  ['two percent hacks', '<spam@example.com>', '<victim%example.net%localhost@127.0.0.1>'],
  ['a quoted address', '<spam@example.com>', '<"victim@example.net">'],
  ['a quoted percent hack', '<spam@example.com>', '<"victim%example.net">'],
  ['a quoted address at our name', '<spam@example.com>', '<"victim@example.net"@localhost>'],
  ['an address with two @', '<spam@example.com>', '<victim@example.net@localhost>'],
  ['an address with two @, at our address', '<spam@example.com>', '<victim@example.net@[127.0.0.1]>'],
  ['a source route', '<spam@example.com>', '<@localhost:victim@example.net>'],
  ['a source route by address', '<spam@example.com>', '<@[127.0.0.1]:victim@example.net>'],
  ['a source route in the sender', '<@localhost:spam@example.com>', '<victim@example.net>'],
  ['a bang path', '<spam@example.com>', '<example.net!victim>'],
  ['a bang path at our name', '<spam@example.com>', '<example.net!victim@localhost>'],
  ['a bang path through us', '<spam@example.com>', '<localhost!example.net!victim>'],
  ['an IPv4 literal', '<spam@example.com>', '<victim@[192.0.2.1]>'],
  ['an IPv6 literal', '<spam@example.com>', '<victim@[IPv6:2001:db8::1]>'],
  ['postmaster', '<spam@example.com>', '<postmaster>'],
  ['no brackets', 'spam@example.com', 'victim@example.net'],
  ['AUTH= in MAIL', '<spam@example.com> AUTH=spam@example.com', '<victim@example.net>'],
];

async function assertNothingTaken(relay: TestRelay): Promise<void> {
  for (const table of ['messages', 'queue', 'captured'] as const) {
    const rows = await relay.engine.db.selectFrom(table).select('id').execute();
    assert.equal(rows.length, 0, table);
  }
}

/** Everything is tried whatever the answers are, in steps and at once. */
async function probe(client: SmtpDialogue, from: string, to: string): Promise<void> {
  await client.command('EHLO client.example');
  assert.match(await client.command(`MAIL FROM:${from}`), /^5\d\d 5\.\d+\.\d+ /);
  assert.match(await client.command(`RCPT TO:${to}`), /^5\d\d 5\.\d+\.\d+ /);
  assert.match(await client.command('DATA'), /^5\d\d 5\.\d+\.\d+ /);
  client.write(`RSET\r\nMAIL FROM:${from}\r\nRCPT TO:${to}\r\nDATA\r\n${DATA}`);
  for (let n = 0; n < 5; n++) assert.doesNotMatch(await client.reply(), /^(?:354|25[01]) 2\.[16]/);
  await sleep(5);
}

describe('no open relay', () => {
  let directory: TemporaryDirectory;
  let relay: TestRelay;
  let client: SmtpDialogue;

  before(async () => {
    directory = await temporaryDirectory();
    relay = await startTestRelay(directory.path, {
      settings: {
        submissions: { host: '127.0.0.1', port: 0 },
        filter: { host: '127.0.0.1', port: 0 },
        filterNetworks: ['192.0.2.0/24', '::1/128', '2001:db8::/32'],
        filterDomains: ['example.com', 'localhost'],
      },
      tuning: { smtpLimits: { maxCommandsBeforeSignIn: 1_000, maxErrors: 1_000 } },
    });
  });
  afterEach(() => client.close());
  after(async () => {
    await relay.close();
    await directory[Symbol.asyncDispose]();
  });

  for (const [name, from, to] of PROBES) {
    test(`${name} is refused without signing in`, async () => {
      client = await SmtpDialogue.open(relay.submission);
      await probe(client, from, to);
      await assertNothingTaken(relay);
    });
  }

  test('TLS alone makes nobody known', async () => {
    assert.ok(relay.relay.submissions);
    client = await SmtpDialogue.openTls(relay.relay.submissions);
    await probe(client, '<spam@example.com>', '<victim@example.net>');
    client.close();
    client = await SmtpDialogue.open(relay.submission);
    await client.command('EHLO client.example');
    await client.command('STARTTLS');
    await client.upgrade();
    await probe(client, '<spam@example.com>', '<victim@example.net>');
    await assertNothingTaken(relay);
  });

  test('who signed in before STARTTLS has to do it again', async () => {
    client = await SmtpDialogue.open(relay.submission);
    assert.match(await client.signIn(USER, PASSWORD), /^235/);
    assert.match(await client.command('STARTTLS'), /^220/);
    await client.upgrade();
    await probe(client, '<spam@example.com>', '<victim@example.net>');
    await assertNothingTaken(relay);
  });

  test('a sign-in that was broken off, or failed, is none', async () => {
    client = await SmtpDialogue.open(relay.submission);
    await client.command('EHLO client.example');
    await client.command('AUTH LOGIN');
    await client.command(Buffer.from(USER).toString('base64'));
    assert.match(await client.command('*'), /^501 /);
    assert.match(await client.command(`AUTH PLAIN ${btoa(`\0${USER}\0wrong`)}`), /^535 /);
    await probe(client, '<spam@example.com>', '<victim@example.net>');
    await assertNothingTaken(relay);
  });

  test('HELO instead of EHLO, or neither, changes nothing', async () => {
    client = await SmtpDialogue.open(relay.submission);
    assert.match(await client.command('MAIL FROM:<spam@example.com>'), /^503 5\.5\.1 /);
    assert.match(await client.command('HELO localhost'), /^250 /);
    assert.match(await client.command('MAIL FROM:<spam@example.com>'), /^530 5\.7\.0 /);
    assert.match(await client.command('RCPT TO:<victim@example.net>'), /^530 5\.7\.0 /);
    await assertNothingTaken(relay);
  });

  test('nobody claims to be another client, by XCLIENT, XFORWARD or the PROXY protocol', async () => {
    for (const line of [
      'XCLIENT ADDR=192.0.2.1 LOGIN=demo',
      'XFORWARD ADDR=192.0.2.1',
      'PROXY TCP4 192.0.2.1 192.0.2.2 1 2',
    ]) {
      client = await SmtpDialogue.open(relay.submission);
      await client.command('EHLO client.example');
      assert.match(await client.command(line), /^50[02] 5\.5\.[12] /, line);
      assert.match(await client.command('MAIL FROM:<spam@example.com>'), /^530 /);
      client.close();
    }
  });

  test('the filter turns away who is not of its networks, before a word is said', async () => {
    const { filter } = relay.relay;
    assert.ok(filter);
    await assert.rejects(SmtpDialogue.open(filter), /^Error: 554 5\.7\.1 /);
    client = await SmtpDialogue.openRaw(filter);
    client.write(`EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\n${DATA}`);
    assert.match(await client.reply(), /^554 5\.7\.1 /);
    assert.equal(await client.reply(), '', 'and nothing more is answered');
    await assertNothingTaken(relay);
  });

  test('who is a user here, and who is on which list, is not told', async () => {
    client = await SmtpDialogue.open(relay.submission);
    await client.command('EHLO client.example');
    for (const name of [USER, 'nobody', 'postmaster', '<ann@example.net>']) {
      assert.match(await client.command(`VRFY ${name}`), /^252 2\.\d\.\d /);
      assert.match(await client.command(`EXPN ${name}`), /^502 5\.5\.1 /);
    }
  });

  test('signed in, an address goes on as it is: nothing in a local part is read as a route', async () => {
    client = await SmtpDialogue.open(relay.submission);
    assert.match(await client.signIn(USER, PASSWORD), /^235/);
    await client.command('MAIL FROM:<sender@example.org>');
    const taken = [
      'victim%example.net@example.org',
      'example.net!victim@example.org',
      'victim@[192.0.2.1]',
      'o+tag=x@example.org',
    ];
    for (const address of taken) assert.match(await client.command(`RCPT TO:<${address}>`), /^250 2\.1\.5/);
    for (const address of [
      '"victim@example.net"@example.org',
      'a@b@example.org',
      'example.net!victim',
      '',
      ' a@b.c',
    ]) {
      assert.match(await client.command(`RCPT TO:<${address}>`), /^501 5\.1\.3 /, address);
    }
    assert.match(await client.command('RCPT TO:<@relay.example,@other.example:routed@example.org>'), /^250/);
    assert.match(await client.command('DATA'), /^354/);
    client.write(DATA);
    assert.match(await client.reply(), /^250/);
    const rows = await relay.engine.db.selectFrom('deliveries').select('recipient').execute();
    const recipients = rows.map(({ recipient }) => recipient).sort();
    assert.deepEqual(
      recipients,
      [...taken, 'routed@example.org'].sort(),
      'RFC 5321 §4.1.1.3: a route is left out',
    );
  });
});
