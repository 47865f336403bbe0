import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HitLoad, percentile } from '../support/hit-load.ts';
import {
  balance,
  capturedCopies,
  duplicateSources,
  hitUntil,
  newLedger,
  openedEvents,
  storedAgents,
} from '../support/ledger.ts';
import { shortOrLong } from '../support/long-form.ts';
import { sendUntil } from '../support/mail-load.ts';
import { edgeProcesses, isGone, signal } from '../support/process-tree.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { snippetPixels } from '../support/snippet.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';

const KILLS = shortOrLong(10, 200);
const HITS_PER_SECOND = shortOrLong(300, 1_000);
/** What died does its work again this soon. The long form runs on a machine of its own, the short one beside other tests. */
const READY_MS = shortOrLong(15_000, 2_000);

type Victim = 'edge' | 'back end' | 'supervisor' | 'all';
/** Moments by `performance.now()`: images are answered again, and whatever was killed does its work again. */
interface Recovery {
  images?: number;
  everything: number;
}
/** Shuffled for each run: random, and yet each has its share. */
const VICTIMS: readonly Victim[] = [
  ...['edge', 'edge', 'edge', 'back end', 'back end', 'back end', 'supervisor', 'all', 'all', 'edge'],
] as Victim[];

/** A server that is killed and comes back on the same ports, so that readers find it again. */
class Phoenix {
  readonly #dataDir: string;
  server: RunningServer;

  private constructor(dataDir: string, server: RunningServer) {
    this.#dataDir = dataDir;
    this.server = server;
  }

  static async start(dataDir: string): Promise<Phoenix> {
    return new Phoenix(dataDir, await startServer(dataDir));
  }

  async kill(victim: Victim, load: HitLoad): Promise<Recovery> {
    const { server } = this;
    const { backEnd, supervisor } = (await server.local()).processes;
    const edges = await edgeProcesses({ backEnd, supervisor });
    const anyEdge = edges[Math.floor(Math.random() * edges.length)] ?? 0;
    const victims = {
      edge: [anyEdge],
      'back end': [backEnd],
      supervisor: [supervisor],
      all: [supervisor, backEnd, ...edges],
    }[victim];
    const killedAt = performance.now();
    for (const pid of victims.filter((id) => id > 0)) signal(pid, 'SIGKILL');
    if (victim === 'edge') return { everything: await load.answeredAfter(killedAt + 1) };
    if (victim === 'back end') return { everything: await this.#readyAgain(backEnd) };
    const images = firstAnswerWithout(edges, load);
    if (server.child.exitCode === null && server.child.signalCode === null) await once(server.child, 'exit');
    const port = (url: string): string => `127.0.0.1:${new URL(url).port}`;
    this.server = await startServer(this.#dataDir, {
      WAYBILL_HTTP_LISTEN: port(server.url),
      WAYBILL_EDGE_LISTEN: port(server.edgeUrl),
      WAYBILL_SMTP_LISTEN: `127.0.0.1:${server.smtp?.port ?? 0}`,
    });
    const everything = Math.max(performance.now(), await images);
    return { images: await images, everything };
  }

  async #readyAgain(before: number): Promise<number> {
    await eventually('the back end is ready again', async () => {
      const { processes } = await this.server.local();
      return processes.backEnd !== before && (await this.server.api('/readyz')).status === 200;
    });
    return performance.now();
  }
}

/** @param edges that may still drain: their answers do not count */
async function firstAnswerWithout(edges: readonly number[], load: HitLoad): Promise<number> {
  while (!edges.every(isGone)) await sleep(5);
  return load.answeredAfter(performance.now());
}

test(`${KILLS} SIGKILLs at random moments under load: every answered hit and accepted mail is there, once`, async (t) => {
  await using directory = await temporaryDirectory();
  const ledger = newLedger();
  const phoenix = await Phoenix.start(directory.path);
  const readyMs = new Map<string, number[]>();
  try {
    const urls = await snippetPixels(phoenix.server, 50);
    const mailing = new AbortController();
    const mails = Array.from({ length: 2 }, (_, n) =>
      sendUntil(mailing.signal, `${n}`, phoenix.server, ledger),
    );
    const load = new HitLoad({ urls, ledger, perSecond: HITS_PER_SECOND, name: 'load' });
    for (const victim of plan(KILLS)) {
      await sleep(100 + Math.random() * 700);
      const killedAt = performance.now();
      const { images, everything } = await phoenix.kill(victim, load);
      const note = (what: string, at: number): void =>
        void readyMs.set(what, [...(readyMs.get(what) ?? []), at - killedAt]);
      if (images !== undefined) note(`${victim} killed, images are answered`, images);
      note(`${victim} killed, it does its work`, everything);
    }
    mailing.abort();
    await Promise.all([load.stop(), ...mails]);
    assert.ok(ledger.hits.size > KILLS * 100, `too few hits to mean anything: ${ledger.hits.size}`);
    assert.ok(ledger.mails.size > KILLS / 2, `too few mails to mean anything: ${ledger.mails.size}`);
    await assertBalanced(directory.path, ledger);
    t.diagnostic(
      `${KILLS} kills: ${ledger.hits.size} answered hits and ${ledger.mails.size} accepted mails, 0 lost, 0 twice; ` +
        `${load.counts.failed} requests unanswered`,
    );
    assertReady(t, readyMs);
  } finally {
    await phoenix.server.stop();
  }
});

async function assertBalanced(dataDir: string, ledger: ReturnType<typeof newLedger>): Promise<void> {
  const copies = [...ledger.mails].flatMap((subject) =>
    ['one', 'two'].map((name) => `${subject} → ${name}@example.net`),
  );
  await eventually(
    'every answered hit and every accepted mail is in the store',
    async () => {
      const captured = new Set(capturedCopies(dataDir));
      return balance(dataDir, ledger).lost.length === 0 && copies.every((copy) => captured.has(copy));
    },
    60_000,
  ).catch((error: Error) => {
    const captured = new Set(capturedCopies(dataDir));
    assertNone(balance(dataDir, ledger).lost, 'answered hits are not in the store', error);
    assertNone(
      copies.filter((copy) => !captured.has(copy)),
      'accepted mails are not in the store',
      error,
    );
  });
  assertNone(balance(dataDir, ledger).twice, 'hits are there twice');
  assertNone(duplicateSources(dataDir), 'facts are two events');
  const captured = capturedCopies(dataDir).toSorted();
  assertNone(
    captured.filter((copy, index) => copy === captured[index - 1]),
    'mails are there twice',
  );
  // One event a hit: hits that the killed edge had written and not answered are events like all others.
  await eventually(
    'each hit is one event',
    async () => openedEvents(dataDir) === storedAgents(dataDir).length,
  );
}

/** Names the first of them: to compare hundreds of thousands with none as lists would take all memory there is. */
function assertNone(found: readonly string[], what: string, cause?: Error): void {
  const why = cause === undefined ? '' : `; ${cause.message}`;
  assert.equal(found.length, 0, `${found.length} ${what}: ${found.slice(0, 5).join(', ')}${why}`);
}

function assertReady(t: TestContext, readyMs: ReadonlyMap<string, number[]>): void {
  const late: string[] = [];
  for (const [what, times] of readyMs) {
    const sorted = times.map(Math.round).toSorted((a, b) => a - b);
    const [median, most] = [percentile(sorted, 0.5), percentile(sorted, 1)];
    t.diagnostic(`${what} again after ${median} ms (median), ${most} ms (most)`);
    if (median >= READY_MS) late.push(`${what} again: ${sorted.join(' ')}`);
  }
  assert.deepEqual(late, [], `half of the times it took over ${READY_MS} ms`);
}

/** `count` victims in a random order, each kind as often as its share. */
function plan(count: number): Victim[] {
  const all = Array.from({ length: count }, (_, n) => VICTIMS[n % VICTIMS.length] ?? 'edge');
  for (let n = all.length - 1; n > 0; n--) {
    const other = Math.floor(Math.random() * (n + 1));
    [all[n], all[other]] = [all[other] ?? 'edge', all[n] ?? 'edge'];
  }
  return all;
}

test('pixels and links go on while the back end is dead, and nothing is missing afterwards', async () => {
  await using directory = await temporaryDirectory();
  const server = await startServer(directory.path);
  try {
    const pixels = await snippetPixels(server, 5);
    const ledger = newLedger();
    process.kill(server.processes.backEnd, 'SIGKILL');
    await hitUntil(new AbortController().signal, 'orphan', pixels, ledger, 50);
    assert.equal(ledger.hits.size, 50, 'every pixel is answered while the back end is away');
    await eventually('the back end is back', async () => (await server.api('/readyz')).status === 200);
    await eventually(
      'all hits are on the timelines',
      async () => balance(directory.path, ledger).lost.length === 0,
    );
  } finally {
    await server.stop();
  }
  assert.deepEqual(duplicateSources(directory.path), []);
});
