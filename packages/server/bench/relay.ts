/**
 * How fast is the relay? Prints mails a second against Postfix relaying the same mail on this machine, and how long a
 * mail takes to its 250 and to the next server:
 *
 *   node packages/server/bench/relay.ts [MAILS A ROUND] [SESSIONS]
 *
 * Both are a whole server as shipped, take the mail from `smtp-source`, have it on disk (fsync) before the 250 and hand
 * it to the same `smtp-sink`. Waybill gives each copy its pixel and links and writes its timeline; Postfix does not.
 * Rounds alternate, so that what else the machine does falls on both. Needs Debian's package `postfix`, and root.
 */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startServer } from '../test/support/server.ts';
import { temporaryDirectory } from '../test/support/temp-dir.ts';
import { startPostfix } from './relay/postfix.ts';
import { sampleMail } from './relay/sample-mail.ts';
import { freePort, runSource, startSink, type Sink } from './relay/smtp-programs.ts';

const GOAL = 2;
const ROUNDS = 3;
const MAILS = Number(process.argv[2] ?? 2_000);
const SESSIONS = Number(process.argv[3] ?? 20);

interface Relay {
  name: string;
  port: number;
  sink: Sink;
}

/** Mails a second, from the first one's connection to the last one's arrival behind the relay. */
async function throughput({ port, sink }: Relay, file: string, mails: number): Promise<number> {
  const start = performance.now();
  await Promise.all([runSource({ port, sessions: SESSIONS, mails, file }), sink.received(mails)]);
  return (mails / (performance.now() - start)) * 1_000;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

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
  const relays: Relay[] = [
    { name: 'Postfix', port: postfix.port, sink: sinks[0] },
    { name: 'Waybill', port: filter, sink: sinks[1] },
  ];
  for (const relay of relays) await throughput(relay, file, Math.ceil(MAILS / 4));
  const speeds = new Map<string, number[]>(relays.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const relay of relays) speeds.get(relay.name)?.push(await throughput(relay, file, MAILS));
  }
  console.log(`${MAILS} mails of 20 KB a round, ${SESSIONS} sessions, mails a second:`);
  for (const [name, values] of speeds) {
    console.log(`  ${name.padEnd(10)}${values.map((value) => value.toFixed(0).padStart(8)).join('')}`);
  }
  const ratio = median(speeds.get('Waybill') ?? []) / median(speeds.get('Postfix') ?? []);
  console.log(`  ${ratio.toFixed(2)}x of Postfix (goal: ${GOAL}x)`);
  process.exitCode = ratio >= GOAL ? 0 : 1;
}

await main();
