import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelaySettings, RelayTuning } from '../../src/relay/relay.ts';
import { PASSWORD, startTestRelay, USER, type TestRelay } from '../support/relay.ts';
import { eventually } from '../support/server.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

/** How TLS begins (RFC 8446 §5.1). */
const HANDSHAKE_RECORD = 22;
const HEADER = 'From: sender@example.org\r\nTo: ann@example.net\r\nSubject: x\r\n';

interface Limited {
  relay: TestRelay;
  dialogue: () => Promise<SmtpDialogue>;
  signedIn: () => Promise<SmtpDialogue>;
}

async function limited(
  t: TestContext,
  smtpLimits: NonNullable<RelayTuning['smtpLimits']>,
  settings: Partial<RelaySettings> = {},
): Promise<Limited> {
  const directory = await temporaryDirectory();
  const relay = await startTestRelay(directory.path, { settings, tuning: { smtpLimits } });
  const open: SmtpDialogue[] = [];
  t.after(async () => {
    for (const client of open) client.close();
    await relay.close();
    await directory[Symbol.asyncDispose]();
  });
  const dialogue = async () => {
    const client = await SmtpDialogue.open(relay.submission);
    open.push(client);
    return client;
  };
  const signedIn = async () => {
    const client = await dialogue();
    assert.match(await client.signIn(USER, PASSWORD), /^235/);
    return client;
  };
  return { relay, dialogue, signedIn };
}

async function toData(client: SmtpDialogue): Promise<void> {
  assert.match(await client.command('MAIL FROM:<sender@example.org>'), /^250/);
  assert.match(await client.command('RCPT TO:<ann@example.net>'), /^250/);
  assert.match(await client.command('DATA'), /^354/);
}

async function send(client: SmtpDialogue, raw: string): Promise<string> {
  await toData(client);
  client.write(`${raw}.\r\n`);
  return client.reply();
}

/** A way to a server that takes the first piece with TLS in it byte by byte. */
async function slowLink(
  t: TestContext,
  to: { host: string; port: number },
): Promise<{ host: string; port: number }> {
  const link = createServer((client) => {
    const server = connect(to.port, to.host).setNoDelay(true);
    server.pipe(client);
    let isTls = false;
    client.on('error', () => server.destroy()).on('close', () => server.destroy());
    server.on('error', () => client.destroy());
    client.on('data', (data: Buffer) => {
      const slowly = !isTls && data[0] === HANDSHAKE_RECORD;
      isTls ||= slowly;
      for (const piece of slowly ? Array.from(data, (byte) => Buffer.of(byte)) : [data]) server.write(piece);
    });
  }).listen(0, '127.0.0.1');
  await once(link, 'listening');
  t.after(() => link.close());
  const { port } = link.address() as AddressInfo;
  return { host: '127.0.0.1', port };
}

/** Writes a piece every so often until the server says something. */
async function drip(client: SmtpDialogue, piece: string, everyMs: number): Promise<string> {
  const timer = setInterval(() => client.write(piece), everyMs);
  try {
    return await client.reply();
  } finally {
    clearInterval(timer);
  }
}

test('one address has only so many connections, and there is room again when one has ended', async (t) => {
  const { dialogue } = await limited(t, { maxConnectionsPerAddress: 2, countLoopback: true });
  const first = await dialogue();
  await dialogue();
  await assert.rejects(dialogue(), /^Error: 421 4\.7\.0 /);
  assert.match(await first.command('QUIT'), /^221/);
  first.close();
  await eventually('there is room', dialogue);
});

test('connections are limited over all listeners together, and a TLS handshake counts', async (t) => {
  const { relay, dialogue } = await limited(
    t,
    { maxConnections: 2 },
    { submissions: { host: '127.0.0.1', port: 0 } },
  );
  assert.ok(relay.relay.submissions);
  const silent = connect(relay.relay.submissions.port, '127.0.0.1');
  t.after(() => silent.destroy());
  await once(silent, 'connect');
  await sleep(50);
  await dialogue();
  await assert.rejects(dialogue(), /^Error: 421 4\.3\.2 /);
  const turnedAway = connect(relay.relay.submissions.port, '127.0.0.1');
  await once(turnedAway.resume(), 'close');
  silent.destroy();
  await eventually('there is room', dialogue);
});

test('programs on this machine are not limited per address', async (t) => {
  const { dialogue } = await limited(t, { maxConnectionsPerAddress: 2 });
  for (let n = 0; n < 5; n++) await dialogue();
});

test('too many errors end the session, and nothing behind them is obeyed', async (t) => {
  const { signedIn } = await limited(t, { maxErrors: 5 });
  const client = await signedIn();
  client.write('FROB\r\n'.repeat(5) + 'NOOP\r\n');
  for (let n = 0; n < 5; n++) assert.match(await client.reply(), /^500 5\.5\.2/);
  assert.match(await client.reply(), /^421 4\.7\.0 /);
  assert.equal(await client.reply(), '', 'hung up');
});

test('who guesses passwords is hung up on, also when none is looked at any more', async (t) => {
  const { dialogue } = await limited(t, { maxErrors: 12 });
  const client = await dialogue();
  await client.command('EHLO client.example');
  const replies: string[] = [];
  for (let n = 0; n < 12; n++)
    replies.push(await client.command(`AUTH PLAIN ${btoa(`\0${USER}\0wrong ${n}`)}`));
  assert.match(replies.at(-1) ?? '', /^454 4\.7\.0 /);
  assert.match(await client.reply(), /^421 4\.7\.0 /);
  assert.equal(await client.reply(), '', 'hung up');
});

test('a mail that is taken forgives the errors before it', async (t) => {
  const { signedIn } = await limited(t, { maxErrors: 3 });
  const client = await signedIn();
  for (let n = 0; n < 3; n++) {
    assert.match(await client.command('FROB'), /^500/);
    assert.match(await client.command('RCPT TO:<ann@example.net>'), /^503/);
    assert.match(await send(client, `${HEADER}\r\nbody\r\n`), /^250/);
  }
});

test('commands without a mail are not answered for ever, before signing in still less', async (t) => {
  const { dialogue, signedIn } = await limited(t, { maxIdleCommands: 6, maxCommandsBeforeSignIn: 3 });
  const stranger = await dialogue();
  for (let n = 0; n < 3; n++) assert.match(await stranger.command('EHLO client.example'), /^250/);
  assert.match(await stranger.command('VRFY ann'), /^421 4\.7\.0 /);
  assert.equal(await stranger.reply(), '');
  const client = await signedIn();
  for (let n = 0; n < 6; n++) assert.match(await client.command('NOOP'), /^250/);
  assert.match(await client.command('RSET'), /^421 4\.7\.0 /);
});

test('an overlong command is refused, an endless one ends the session', async (t) => {
  const { signedIn } = await limited(t, {});
  const client = await signedIn();
  assert.match(await client.command(`NOOP ${'x'.repeat(3_000)}`), /^500 5\.5\.2 /);
  assert.match(await client.command('NOOP'), /^250/);
  client.write('x'.repeat(20_000));
  assert.match(await client.reply(), /^421 4\./);
  assert.equal(await client.reply(), '');
});

test('a silent client and one that writes a command letter by letter are hung up on alike', async (t) => {
  const { signedIn } = await limited(t, { idleMs: 300 });
  const [silent, slow] = [await signedIn(), await signedIn()];
  assert.match(await drip(slow, 'x', 20), /^421 4\.4\.2 /);
  assert.match(await silent.reply(), /^421 4\.4\.2 /);
  assert.equal(await slow.reply(), '');
});

test('who does not sign in does not stay', async (t) => {
  const { dialogue, signedIn } = await limited(t, { signInMs: 1_000, maxCommandsBeforeSignIn: 1_000 });
  const client = await signedIn();
  const stranger = await dialogue();
  await stranger.command('EHLO client.example');
  const reply = await (async () => {
    for (;;) {
      const answer = await stranger.command('NOOP');
      if (!answer.startsWith('250')) return answer;
      await sleep(10);
    }
  })();
  assert.match(reply, /^421 4\.4\.2 /);
  assert.match(await client.command('NOOP'), /^250/, 'who has signed in does');
});

test('a TLS handshake that does not come is not waited for', async (t) => {
  const { relay, dialogue } = await limited(
    t,
    { handshakeMs: 200 },
    { submissions: { host: '127.0.0.1', port: 0 } },
  );
  assert.ok(relay.relay.submissions);
  const silent = connect(relay.relay.submissions.port, '127.0.0.1').resume();
  const client = await dialogue();
  await client.command('EHLO client.example');
  assert.match(await client.command('STARTTLS'), /^220/);
  await once(silent, 'close');
  assert.equal(await client.reply(), '', 'and nothing is said in the clear');
});

test('a client that leaves before its TLS handshake leaves nothing behind', async (t) => {
  const { relay, dialogue } = await limited(
    t,
    { maxConnections: 2 },
    { submissions: { host: '127.0.0.1', port: 0 } },
  );
  const port = relay.relay.submissions?.port;
  assert.ok(port !== undefined);
  for (const leave of ['end', 'resetAndDestroy'] as const) {
    const clients = [connect(port, '127.0.0.1'), connect(relay.submission.port, '127.0.0.1')];
    for (const client of clients) {
      await once(client, 'connect');
      client.on('error', () => {});
    }
    const [, plain] = clients;
    const gone = clients.map(async (client) => once(client.resume(), 'close'));
    plain?.write('EHLO client.example\r\nSTARTTLS\r\n');
    await sleep(50);
    for (const client of clients) client[leave]();
    await Promise.all(gone);
  }
  const welcome = async (): Promise<string> => dialogue().then(() => 'welcome', String);
  while ((await welcome()) !== 'welcome') await sleep(20);
});

test('a ClientHello in single bytes is understood, and a large mail behind it taken', async (t) => {
  const { relay } = await limited(t, {}, { submissions: { host: '127.0.0.1', port: 0 } });
  const { submissions } = relay.relay;
  assert.ok(submissions);
  const large = `${HEADER}\r\n${`${'y'.repeat(998)}\r\n`.repeat(900)}`;
  const starttls = await SmtpDialogue.open(await slowLink(t, relay.submission));
  await starttls.command('EHLO client.example');
  assert.match(await starttls.command('STARTTLS'), /^220/);
  await starttls.upgrade();
  const implicit = await SmtpDialogue.openTls(await slowLink(t, submissions));
  for (const client of [starttls, implicit]) {
    assert.match(await client.signIn(USER, PASSWORD), /^235/);
    assert.match(await send(client, large), /^250/);
    client.close();
  }
});

test('a mail that trickles in is hung up on, one that is only slow arrives', async (t) => {
  const { signedIn } = await limited(t, { dataWindowMs: 1_000, dataBytes: 1_000 });
  const [slow, patient] = [await signedIn(), await signedIn()];
  await toData(slow);
  const ended = drip(slow, 'x\r\n', 50);
  await toData(patient);
  patient.write(`${HEADER}\r\n`);
  // Over two such times, and in each many times what is asked for.
  for (let n = 0; n < 25; n++) {
    patient.write(`${'x'.repeat(900)}\r\n`);
    await sleep(100);
  }
  patient.write('.\r\n');
  assert.match(await patient.reply(), /^250/);
  assert.match(await ended, /^421 4\.4\.2 /);
  assert.equal(await slow.reply(), '');
});

test('a client that goes on far beyond the size limit is hung up on', async (t) => {
  const { signedIn } = await limited(t, { dataWindowMs: 400, dataBytes: 1 }, { maxMessageBytes: 10_000 });
  const client = await signedIn();
  await toData(client);
  assert.match(await drip(client, `${'x'.repeat(998)}\r\n`, 5), /^552 5\.3\.4 /);
  assert.equal(await client.reply(), '');
});

test('a credential may send to so many recipients in an hour, then it is put off', async (t) => {
  const { signedIn } = await limited(t, { recipientsPerHour: 3 });
  const client = await signedIn();
  await client.command('MAIL FROM:<sender@example.org>');
  for (let n = 0; n < 3; n++) assert.match(await client.command(`RCPT TO:<r${n}@example.net>`), /^250/);
  assert.match(await client.command('RCPT TO:<r3@example.net>'), /^450 4\.7\.1 /);
  assert.match(await client.command('DATA'), /^354/);
  client.write(`${HEADER}\r\nbody\r\n.\r\n`);
  assert.match(await client.reply(), /^250/, 'those before it get their mail');
  const another = await signedIn();
  assert.match(await another.command('MAIL FROM:<sender@example.org>'), /^450 4\.7\.1 /);
});

test('mails that would not fit into the memory are put off, and there is room again afterwards', async (t) => {
  const { signedIn } = await limited(t, { memoryBytes: 300_000 });
  const [large, other] = [await signedIn(), await signedIn()];
  await toData(large);
  const body = `${'x'.repeat(998)}\r\n`.repeat(200);
  large.write(`${HEADER}\r\n${body}`);
  await eventually('the large one is in the memory', async () => {
    const reply = await other.command('MAIL FROM:<sender@example.org> SIZE=200000');
    if (reply.startsWith('452 4.3.1 ')) return true;
    await other.command('RSET');
    return false;
  });
  assert.match(await send(other, `${HEADER}\r\n${body}`), /^452 4\.3\.1 /);
  large.write('.\r\n');
  assert.match(await large.reply(), /^250/);
  assert.match(await send(other, `${HEADER}\r\n${body}`), /^250/);
});

test('a mail that went through too many servers is in a loop', async (t) => {
  const { signedIn } = await limited(t, {});
  const client = await signedIn();
  const received = 'Received: from a.example by b.example;\r\n\tMon, 23 Nov 2026 12:00:00 +0000\r\n';
  assert.match(await send(client, `${received.repeat(100)}${HEADER}\r\nbody\r\n`), /^250/);
  assert.match(await send(client, `${received.repeat(101)}${HEADER}\r\nbody\r\n`), /^554 5\.4\.6 /);
  assert.match(
    await send(client, `${HEADER}\r\n${received.repeat(101)}`),
    /^250/,
    'a quoted header is no loop',
  );
});

test('a header of too many bytes or fields is refused, a body may have what it likes', async (t) => {
  const { signedIn } = await limited(t, { maxHeaderBytes: 20_000, maxHeaderFields: 100 });
  const client = await signedIn();
  assert.match(await send(client, `${HEADER}${'X-A: b\r\n'.repeat(98)}\r\nbody\r\n`), /^552 5\.3\.4 /);
  assert.match(
    await send(client, `${HEADER}X-A: ${' xxxxxxxx\r\n'.repeat(2_000)}\r\nbody\r\n`),
    /^552 5\.3\.4 /,
  );
  assert.match(await send(client, `${HEADER}\r\n${'X-A: b\r\n'.repeat(9_000)}`), /^250/);
});
