/**
 * What do idle SMTP connections cost? Opens many, each greeted with EHLO and then silent, and prints how much larger the
 * server's memory has become, and how long a mail takes meanwhile:
 *
 *   node packages/server/bench/idle-connections.ts [CONNECTIONS]
 *
 * The server is a whole one as shipped; what counts is the resident memory of all its processes (Linux: /proc). A second
 * part does the same with TLS on every connection. What that costs is OpenSSL's state (32 KB of blocks for each where this was
 * tried, 7 of them kept of the post-quantum key exchange that is in TLS 1.3's default groups) and Node's buffers for it: see
 * `relay/client-hello.ts`, without which each has 9 KB more. Leaves with 1 when the goal is missed by either.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendantsOf } from '../test/support/process-tree.ts';
import { startServer, type RunningServer } from '../test/support/server.ts';
import { SmtpDialogue } from '../test/support/smtp-dialogue.ts';
import { temporaryDirectory } from '../test/support/temp-dir.ts';
import { freePort } from './relay/smtp-programs.ts';

const CONNECTIONS = Number(process.argv[2] ?? 10_000);
const GOAL_MB = 500;
const AT_ONCE = 100;
const SESSIONS = 50;
const MB = 1_048_576;

type Address = { host: string; port: number };

async function residentBytes(server: RunningServer): Promise<number> {
  const { supervisor } = server.processes;
  const pids = [supervisor, ...(await descendantsOf(supervisor))];
  const each = pids.map(async (pid) => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024;
  });
  return (await Promise.all(each)).reduce((sum, bytes) => sum + bytes, 0);
}

async function openIdle({ host, port }: Address, withTls: boolean): Promise<Socket> {
  const socket = withTls
    ? connectTls({ host, port, rejectUnauthorized: false })
    : createConnection({ host, port });
  await once(socket, withTls ? 'secureConnect' : 'connect');
  await replyOf(socket);
  socket.write('EHLO client.example\r\n');
  await replyOf(socket);
  return socket;
}

/** The last line of a reply has a blank behind its code. */
function replyOf(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!/^\d{3} .*\r\n$/m.test(text)) return;
      socket.off('data', onData).off('close', onClose);
      if (text.startsWith('2')) resolve();
      else reject(new Error(text));
    };
    const onClose = (): void => reject(new Error(`hung up: ${text}`));
    socket.on('data', onData).on('close', onClose).on('error', onClose);
  });
}

/** Median and longest time in ms of a session: connection, EHLO, AUTH, one mail, QUIT. */
async function sessionTimes(
  address: Address,
  credentials: string,
): Promise<[median: number, longest: number]> {
  const times: number[] = [];
  for (let n = 0; n < SESSIONS; n++) {
    const began = performance.now();
    const client = await SmtpDialogue.open(address);
    await client.command('EHLO client.example');
    await client.command(`AUTH PLAIN ${credentials}`);
    await client.command('MAIL FROM:<sender@example.org>');
    await client.command('RCPT TO:<ann@example.net>');
    await client.command('DATA');
    client.write('From: sender@example.org\r\nSubject: x\r\n\r\nbody\r\n.\r\n');
    const reply = await client.reply();
    if (!reply.startsWith('250')) throw new Error(reply);
    await client.command('QUIT');
    client.close();
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return [times[SESSIONS >> 1] ?? 0, times.at(-1) ?? 0];
}

function close(sockets: Socket[]): void {
  for (const socket of sockets.splice(0)) {
    socket
      .removeAllListeners()
      .on('error', () => {})
      .destroy();
  }
}

async function measure(withTls: boolean): Promise<number> {
  await using directory = await temporaryDirectory();
  const tlsPort = await freePort();
  const server = await startServer(directory.path, { WAYBILL_SMTPS_LISTEN: `127.0.0.1:${tlsPort}` });
  const sockets: Socket[] = [];
  try {
    const answer = await server.api('/api/v1/smtp-credentials', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"label":"bench"}',
    });
    const { username, password } = (await answer.json()) as { username: string; password: string };
    const credentials = btoa(`\0${username}\0${password}`);
    const plain = server.smtp;
    if (plain === null) throw new Error('no SMTP listener');
    const target = withTls ? { host: '127.0.0.1', port: tlsPort } : plain;
    // Memory that other work has left over would hide what connections cost, so there is none before them.
    const before = await residentBytes(server);
    while (sockets.length < CONNECTIONS) {
      const batch = Math.min(AT_ONCE, CONNECTIONS - sockets.length);
      sockets.push(...(await Promise.all(Array.from({ length: batch }, () => openIdle(target, withTls)))));
    }
    await sleep(2_000);
    const after = await residentBytes(server);
    await sessionTimes(plain, credentials);
    const busy = await sessionTimes(plain, credentials);
    close(sockets);
    await sleep(2_000);
    const quiet = await sessionTimes(plain, credentials);
    const costMb = (after - before) / MB;
    const ms = ([middle, longest]: [number, number]) =>
      `${middle.toFixed(1)} ms (longest ${longest.toFixed(1)})`;
    console.log(`${CONNECTIONS} idle connections ${withTls ? 'with TLS' : 'without TLS'}:`);
    console.log(
      `  memory ${(before / MB).toFixed(0)} → ${(after / MB).toFixed(0)} MB: ${costMb.toFixed(0)} MB,`,
    );
    console.log(`  ${((after - before) / CONNECTIONS / 1_024).toFixed(1)} KB for each`);
    console.log(`  a mail takes ${ms(busy)}, and when they are gone ${ms(quiet)}`);
    return costMb;
  } finally {
    close(sockets);
    await server.stop();
  }
}

const costsMb = [await measure(false), await measure(true)];
console.log(`goal: less than ${GOAL_MB} MB for 10000, with or without TLS`);
process.exitCode = costsMb.every((costMb) => (costMb / CONNECTIONS) * 10_000 < GOAL_MB) ? 0 : 1;
