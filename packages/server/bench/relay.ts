/**
 * How fast is the relay? Prints mails a second against Postfix relaying the same mail on this machine, how much CPU each
 * of the two needs for a mail, and how long a mail that is alone takes to its 250 and to the next server:
 *
 *   node packages/server/bench/relay.ts [MAILS A ROUND] [SESSIONS]
 *
 * Both are a whole server as shipped, take the mail from `smtp-source`, have it on disk (fsync) before the 250 and hand
 * it to the same `smtp-sink`. Waybill gives each copy its pixel and links and writes its timeline; Postfix does not.
 * Rounds alternate, so that what else the machine does falls on both; on a busy machine run it with `chrt --rr 1`, since
 * priorities alone do not count between sessions. Needs Linux, Debian's package `postfix`, and root.
 */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startServer } from '../test/support/server.ts';
import { temporaryDirectory } from '../test/support/temp-dir.ts';
import { treeCpuSeconds } from './relay/cpu-time.ts';
import { sendLoneMail, type LoneMail } from './relay/lone-mail.ts';
import { startPostfix } from './relay/postfix.ts';
import { sampleMail } from './relay/sample-mail.ts';
import { freePort, runSource, startSink, type Sink } from './relay/smtp-programs.ts';

const GOAL = 2;
const ROUNDS = 5;
/** Servers run for weeks: V8 compiles for the first few thousand mails, which is no part of what one of them costs. */
const WARM_UP = 6_000;
const LONE_MAILS = 20;
const MAILS = Number(process.argv[2] ?? 2_000);
const SESSIONS = Number(process.argv[3] ?? 20);

interface Relay {
  name: string;
  port: number;
  sink: Sink;
  /** Its first process. */
  pid: number;
}

interface Round {
  mailsPerSecond: number;
  cpuMsPerMail: number;
}

/** From the first mail's connection to the last one's arrival behind the relay. */
async function round({ port, sink, pid }: Relay, file: string, mails: number): Promise<Round> {
  const cpu = treeCpuSeconds(pid);
  const start = performance.now();
  await Promise.all([runSource({ port, sessions: SESSIONS, mails, file }), sink.received(mails)]);
  const seconds = (performance.now() - start) / 1_000;
  return { mailsPerSecond: mails / seconds, cpuMsPerMail: ((treeCpuSeconds(pid) - cpu) * 1_000) / mails };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function printLine(name: string, unit: string, values: readonly number[], digits: number): void {
  const columns = [...values, median(values)].map((value) => value.toFixed(digits).padStart(8));
  console.log(`  ${`${name}, ${unit}`.padEnd(28)}${columns.join('')}`);
}

async function main(): Promise<void> {
  try {
    execFileSync('postconf', ['-d', 'mail_version'], { stdio: 'ignore' });
  } catch {
    console.log('Postfix is not installed here: nothing to compare with. On Debian: apt-get install postfix');
    return;
  }
  await using directory = await temporaryDirectory();
  // Postfix's programs run as users of their own.
  await chmod(directory.path, 0o755);
  await using stack = new AsyncDisposableStack();
  const file = join(directory.path, 'mail.txt');
  await writeFile(file, sampleMail());
  const sinks = [await startSink(), await startSink()] as const;
  for (const sink of sinks) stack.defer(() => sink.stop());
  const postfix = await startPostfix(join(directory.path, 'postfix'), {
    listen: await freePort(),
    smarthost: sinks[0].port,
  });
  stack.defer(() => postfix.stop());
  const dataDir = join(directory.path, 'waybill');
  await mkdir(dataDir);
  const filter = await freePort();
  const server = await startServer(dataDir, {
    WAYBILL_FILTER_LISTEN: `127.0.0.1:${filter}`,
    WAYBILL_FILTER_DOMAINS: 'example.org',
    WAYBILL_SMARTHOST_URL: `smtp://127.0.0.1:${sinks[1].port}`,
    WAYBILL_PUBLIC_URL: 'https://track.example.org',
    WAYBILL_LOG_LEVEL: 'warn',
  });
  stack.defer(() => server.stop());
  const relays = [
    { name: 'Postfix', port: postfix.port, sink: sinks[0], pid: postfix.pid },
    { name: 'Waybill', port: filter, sink: sinks[1], pid: server.processes.supervisor },
  ] as const satisfies Relay[];
  for (const relay of relays) await round(relay, file, WARM_UP);
  const rounds: Round[][] = relays.map(() => []);
  for (let n = 0; n < ROUNDS; n++) {
    for (const [index, relay] of relays.entries()) rounds[index]?.push(await round(relay, file, MAILS));
  }
  console.log(`${MAILS} mails of 20 KB a round, ${SESSIONS} sessions; each round, and the median:`);
  for (const [index, { name }] of relays.entries()) {
    const of = rounds[index] ?? [];
    printLine(
      name,
      'mails/s',
      of.map(({ mailsPerSecond }) => mailsPerSecond),
      0,
    );
    printLine(
      name,
      'CPU ms/mail',
      of.map(({ cpuMsPerMail }) => cpuMsPerMail),
      2,
    );
  }
  const [postfixRounds = [], waybillRounds = []] = rounds;
  const ratios = waybillRounds.map(
    ({ mailsPerSecond }, n) => mailsPerSecond / (postfixRounds[n]?.mailsPerSecond ?? 1),
  );
  printLine('Waybill', 'times Postfix', ratios, 2);
  const mail = sampleMail().replaceAll('\n', '\r\n');
  for (const { name, port, sink } of relays) {
    const lone: LoneMail[] = [];
    for (let n = 0; n < LONE_MAILS; n++) lone.push(await sendLoneMail(port, sink, mail));
    const accepted = median(lone.map((times) => times.accepted)).toFixed(1);
    const arrived = median(lone.map((times) => times.arrived)).toFixed(1);
    console.log(`  ${name}, a mail alone: ${accepted} ms to its 250, ${arrived} ms to the next server`);
  }
  const ratio = median(ratios);
  console.log(`${ratio.toFixed(2)}x of Postfix (goal: ${GOAL}x)`);
  process.exitCode = ratio >= GOAL ? 0 : 1;
}

await main();
