/**
 * Kills the server at random moments under mail traffic: for ten seconds, with `npm run test:faults -- --long` for ten
 * minutes, and with `WAYBILL_TEST_KILL_SECONDS` for as long as one likes. `WAYBILL_TEST_KILL_SEED`, which it prints, repeats
 * a run.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isLong } from '../support/long-form.ts';
import { demoCredential } from '../support/mail.ts';
import { startRecordingSmarthost, type Receipt } from '../support/recording-smarthost.ts';
import { isGone } from '../support/process-tree.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { SmtpDialogue } from '../support/smtp-dialogue.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const SECONDS = Number(process.env['WAYBILL_TEST_KILL_SECONDS'] ?? (isLong ? 600 : 10));
const SEED = Number(process.env['WAYBILL_TEST_KILL_SEED'] ?? randomInt(2 ** 31));
const ENTRY = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const CONNECTIONS = 5;

/** Mulberry32: good enough to choose moments, and the same ones again. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Recipients of each mail whose 250 a client has read. */
type Accepted = string[][];

/** One client after the other on a connection, with whatever server is there, until the signal. */
async function submitUntil(
  signal: AbortSignal,
  name: string,
  server: () => { address: { host: string; port: number }; user: string; pass: string } | undefined,
  accepted: Accepted,
): Promise<void> {
  for (let n = 0; !signal.aborted;) {
    const there = server();
    const client =
      there === undefined ? undefined : await SmtpDialogue.open(there.address).catch(() => undefined);
    if (there === undefined || client === undefined) {
      await sleep(20);
      continue;
    }
    try {
      if (!(await client.signIn(there.user, there.pass)).startsWith('235')) continue;
      for (let mails = 0; mails < 20 && !signal.aborted; mails++) {
        // One that was not answered may be there all the same: it is never said again.
        n++;
        const recipients = Array.from({ length: 1 + (n % 3) }, (_, r) => `r${r}.${name}.${n}@d${r}.example`);
        const reply = await submitOne(client, `${name}.${n}`, recipients);
        if (reply === '') break;
        assert.match(reply, /^250 /);
        accepted.push(recipients);
        await sleep(4);
      }
    } finally {
      client.close();
    }
  }
}

/** @returns the reply to the data; `''` when the server died before */
async function submitOne(client: SmtpDialogue, id: string, recipients: readonly string[]): Promise<string> {
  const envelope = ['MAIL FROM:<sam@example.org>', ...recipients.map((to) => `RCPT TO:<${to}>`), 'DATA'];
  for (const line of envelope) if ((await client.command(line)) === '') return '';
  client.write(
    `From: sam@example.org\r\nTo: ${recipients.join(', ')}\r\nMessage-ID: <${id}@example.org>\r\nSubject: ${id}\r\n` +
      `Content-Type: text/html\r\n\r\n<html><body><p>Hello ${id}</p></body></html>\r\n.\r\n`,
  );
  return client.reply();
}

/** SIGKILL to a supervisor and its children, who cannot notice each other's end; resolves when all are gone. */
async function killAll(supervisor: number): Promise<void> {
  // It starts no further one meanwhile.
  process.kill(supervisor, 'SIGSTOP');
  const children = readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8');
  const pids = [...children.trim().split(' ').filter(Boolean).map(Number), supervisor];
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await eventually('the killed processes are gone', async () => pids.every(isGone));
}

/** A server that dies before, or just after, it is up. */
async function killEarly(settings: Record<string, string>, afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [ENTRY, 'serve'], {
    env: { PATH: process.env['PATH'], ...settings },
    stdio: 'ignore',
  });
  const exit = once(child, 'exit');
  await sleep(afterMs);
  if (child.exitCode === null && child.pid !== undefined) await killAll(child.pid);
  await exit;
}

/** Recipients of copies that were on their way when the server died: whether they arrived is not in its books. */
function onTheirWay(directory: string): Set<string> {
  return new Set(rows<{ to: string }>(directory, SENDING).map(({ to }) => to));
}

const SENDING = `select envelope_to as "to" from queue where state = 'sending'`;
const TOLD = `select recipient, transport,
  (select count(*) from events where delivery_id = deliveries.id and type = 'relayed') as relayed,
  (select count(*) from events where delivery_id = deliveries.id and type = 'bounced') as bounced
  from deliveries`;

function rows<R>(directory: string, sql: string): R[] {
  const database = new DatabaseSync(join(directory, 'waybill.db'), { readOnly: true });
  try {
    return database.prepare(sql).all() as R[];
  } finally {
    database.close();
  }
}

function byRecipient(receipts: readonly Receipt[]): Map<string, Receipt[]> {
  return Map.groupBy(receipts, ({ recipient }) => recipient);
}

test('killed at random moments, the relay loses no accepted mail and sends none twice that it knew was sent', async (t) => {
  await using directory = await temporaryDirectory();
  const random = numbersFrom(SEED);
  const putOff = new Set<string>();
  const smarthost = await startRecordingSmarthost({
    answerAfterMs: () => (random() < 0.2 ? random() * 60 : 0),
    // Some come a second time: what waits is killed, too.
    putOff: (recipient) => random() < 0.05 && !putOff.has(recipient) && putOff.add(recipient).size > 0,
  });
  const settings = {
    WAYBILL_SMARTHOST_URL: smarthost.url,
    WAYBILL_PUBLIC_URL: 'https://track.example.org',
    WAYBILL_QUEUE_FIRST_PAUSE_SECONDS: '1',
    WAYBILL_LOG_LEVEL: 'silent',
  };
  const accepted: Accepted = [];
  const unsureIn = new Map<number, Set<string>>();
  let server: RunningServer | undefined;
  const clients = new AbortController();
  /** The same at each start. */
  let credential: { user: string; pass: string } | undefined;
  const address = () =>
    server?.smtp == null || credential === undefined ? undefined : { address: server.smtp, ...credential };
  const traffic = Promise.all(
    Array.from({ length: CONNECTIONS }, (_, n) => submitUntil(clients.signal, `${n}`, address, accepted)),
  );
  // Whatever a client throws is the test's failure, once the servers are down.
  traffic.catch(() => clients.abort());
  let kills = 0;
  try {
    const startedAt = Date.now();
    const isEnough = (): boolean => kills >= 4 && accepted.length >= 100;
    const elapsed = (): number => (Date.now() - startedAt) / 1_000;
    // A slow machine gets the time that it needs to show anything.
    const goesOn = (): boolean => elapsed() < SECONDS || (!isEnough() && elapsed() < SECONDS + 120);
    while (goesOn() && !clients.signal.aborted) {
      kills++;
      smarthost.era++;
      if (kills > 1 && random() < 0.25) {
        await killEarly({ ...portsOfTheSystem(directory.path), ...settings }, random() * 1_500);
      } else {
        const started = (server = await startServer(directory.path, settings));
        credential ??= await eventually('the password is printed', async () => demoCredential(started));
        await sleep(50 + random() * 2_000);
        const { pid = 0 } = server.child;
        server = undefined;
        await killAll(pid);
      }
      unsureIn.set(smarthost.era, onTheirWay(directory.path));
    }
    clients.abort();
    await traffic;

    smarthost.era++;
    server = await startServer(directory.path, settings);
    await eventually(
      'the queue is empty',
      async () => rows(directory.path, "select id from queue where state <> 'done' limit 1").length === 0,
      120_000,
    );
    await server.stop();
  } finally {
    clients.abort();
    await traffic.catch(() => {});
    await server?.kill();
    await smarthost.close();
  }

  const arrived = byRecipient(smarthost.receipts);
  const deliveries = rows<{ recipient: string; transport: string; relayed: number; bounced: number }>(
    directory.path,
    TOLD,
  );
  const known = new Set(deliveries.map(({ recipient }) => recipient));
  const seed = `seed ${SEED}`;
  for (const recipient of accepted.flat()) {
    assert.ok(arrived.has(recipient), `accepted and never at the smarthost: ${recipient}, ${seed}`);
    assert.ok(known.has(recipient), `accepted and not in the books: ${recipient}, ${seed}`);
  }
  assert.equal(known.size, deliveries.length, `a recipient has two deliveries, ${seed}`);
  for (const delivery of deliveries) {
    const { recipient, ...told } = delivery;
    assert.deepEqual(told, { transport: 'sent', relayed: 1, bounced: 0 }, `${recipient}, ${seed}`);
  }
  const twice = { unanswered: 0, answered: 0 };
  for (const [recipient, receipts] of arrived) {
    assert.ok(known.has(recipient), `sent without having been durable: ${recipient}, ${seed}`);
    for (const { era, answered, readOn } of receipts.slice(0, -1)) {
      assert.equal(
        unsureIn.get(era)?.has(recipient),
        true,
        `sent again although its outcome was durable: ${recipient} in era ${era}, ${seed}`,
      );
      assert.equal(readOn, false, `sent again after its 250 was read: ${recipient} in era ${era}, ${seed}`);
      twice[answered ? 'answered' : 'unanswered']++;
    }
    const eras = receipts.map(({ era }) => era);
    assert.equal(new Set(eras).size, eras.length, `twice without a kill in between: ${recipient}, ${seed}`);
  }
  assert.ok(
    kills >= 4 && accepted.length >= 100,
    `too little to mean anything: ${kills}, ${accepted.length}`,
  );
  t.diagnostic(
    `${seed}: ${kills} kills, ${accepted.length} mails accepted, ${arrived.size} copies arrived; ` +
      `twice by a kill between final dot and 250: ${twice.unanswered}, between the 250 and its being read: ${twice.answered}`,
  );
});

function portsOfTheSystem(directory: string): Record<string, string> {
  return {
    WAYBILL_DATA_DIR: directory,
    WAYBILL_HTTP_LISTEN: '127.0.0.1:0',
    WAYBILL_EDGE_LISTEN: '127.0.0.1:0',
    WAYBILL_SMTP_LISTEN: '127.0.0.1:0',
  };
}
