import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '../../src/kernel/logger.ts';
import { LocalHitSource } from '../../src/storage/local-hit-source.ts';
import { balance, duplicateSources, newLedger } from '../support/ledger.ts';
import { shortOrLong } from '../support/long-form.ts';
import { cutPower } from '../support/power-cuts.ts';
import { edgeProcesses, signal } from '../support/process-tree.ts';
import { eventually, startServer, type RunningServer } from '../support/server.ts';
import { snippetPixels } from '../support/snippet.ts';
import { dataOf, noStrace, SystemCallTrace, targetOf, type SystemCall } from '../support/strace.ts';
import { temporaryDirectory } from '../support/temp-dir.ts';
import { UnpluggedDisk } from '../support/unplugged-disk.ts';

const HITS = shortOrLong(120, 3_000);
const READERS = 6;
/** Moments of the trace at which the power fails. */
const MOMENTS = shortOrLong(24, 400);

/** An edge that was started under the eyes of strace, and what it did while hits came in. */
interface Recorded {
  directory: string;
  /** As they were before the trace; each can go through it once. */
  disks: readonly UnpluggedDisk[];
  calls: SystemCall[];
  agents: Set<string>;
}

/** @param inject what strace does to the edge's system calls */
async function record(server: RunningServer, traceFile: string, inject?: string): Promise<Recorded> {
  const urls = await snippetPixels(server, 10);
  const hitsDirectory = join(server.dataDir, 'hits', 'edge-0');
  const disks = [await UnpluggedDisk.of(hitsDirectory), await UnpluggedDisk.of(hitsDirectory)];
  const trace = await SystemCallTrace.attach(server.processes.supervisor, traceFile, inject);
  // The next edge is watched from its first call on: opening the log is part of the promise.
  const before = await edgeProcesses(server.processes);
  for (const pid of before) signal(pid, 'SIGKILL');
  await eventually('the edge is back', async () => {
    const answer = await fetch(`${server.edgeUrl}/readyz`);
    return answer.status === 200;
  });
  const agents = await readAll(urls);
  // An answer that is here may not be whole in the trace yet; one before another is.
  await fetch(`${server.edgeUrl}/readyz`);
  return { directory: hitsDirectory, disks, calls: await trace.end(), agents };
}

/** Several readers at once, each on a connection of its own, so that hits share commits. */
async function readAll(urls: readonly string[]): Promise<Set<string>> {
  const answered = new Set<string>();
  await Promise.all(
    Array.from({ length: READERS }, async (_, reader) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let n = 0; n < HITS / READERS; n++) {
        const name = `power/${reader}-${n}.`;
        await new Promise<void>((resolve, reject) => {
          const headers = { 'user-agent': name };
          request(urls[n % urls.length] ?? '', { agent, headers }, (answer) => {
            assert.equal(answer.statusCode, 200);
            answer.resume().on('end', resolve);
          })
            .on('error', reject)
            .end();
        });
        answered.add(name);
      }
      agent.destroy();
    }),
  );
  return answered;
}

/** The power fails just before chosen answers go out. */
function unplug(disk: UnpluggedDisk, { calls, agents }: Recorded, target: string, chance: number) {
  const asking = new Map<string, string>();
  return cutPower(disk, {
    calls,
    target,
    chance,
    every: Math.max(1, Math.floor(agents.size / MOMENTS)),
    left: (call) => {
      if (!readsSocket(call)) return;
      const [, agent] = /user-agent: (power\/\S+)/i.exec(dataOf(call).toString('latin1')) ?? [];
      if (agent !== undefined) asking.set(targetOf(call), agent);
    },
    promisedBy: (call) => {
      const agent = asking.get(targetOf(call));
      if (agent === undefined || !isAnswer(call)) return undefined;
      asking.delete(targetOf(call));
      return agent;
    },
    found: () => agentsIn(dirname(target)),
  });
}

function readsSocket(call: SystemCall): boolean {
  return /^(?:read|recvfrom)$/.test(call.name) && targetOf(call).startsWith('socket:');
}

function isAnswer(call: SystemCall): boolean {
  return (
    /^(?:write|writev|sendto|sendmsg)$/.test(call.name) &&
    targetOf(call).startsWith('socket:') &&
    dataOf(call).toString('latin1').startsWith('HTTP/1.1 200')
  );
}

/** User-Agents of the hits that the log yields. */
async function agentsIn(directory: string): Promise<Set<string>> {
  const source = new LocalHitSource(directory, silentLogger);
  try {
    const hits = await source.read(new Map(), 1_000_000);
    return new Set(hits.map(({ headers }) => headers['user-agent'] ?? ''));
  } finally {
    await source.close();
  }
}

test(
  'the hit is synced before its answer: whenever the power fails, every answered hit is in the log',
  { skip: noStrace ?? false },
  async (t) => {
    await using directory = await temporaryDirectory();
    await using scratch = await temporaryDirectory();
    const server = await startServer(join(directory.path, 'data'));
    const after = join(scratch.path, 'hits', 'edge-0');
    try {
      const recorded = await record(server, join(scratch.path, 'trace'));
      const [worst, torn] = recorded.disks;
      assert.ok(worst && torn);
      const { answers, looked, lost } = await unplug(worst, recorded, after, 0);
      assert.equal(answers, recorded.agents.size, 'each answer was seen in the trace');
      assert.deepEqual(lost, []);
      t.diagnostic(`${answers} answers, the power failed before ${looked} of them: 0 hits lost`);
      const again = await unplug(torn, recorded, after, 0.5);
      assert.deepEqual(again.lost, []);
      t.diagnostic(`${again.looked} times with random sectors of what was not synced: 0 hits lost`);
      await torn.restore(after, () => true);
      await assertSame(recorded.directory, after);
    } finally {
      await server.stop();
    }
  },
);

/**
 * With all that was written, synced or not, the disk of the test is the one of the server: nothing was overlooked. Only
 * segments that the back end has stored may be gone by now.
 */
async function assertSame(real: string, modelled: string): Promise<void> {
  for (const name of await readdir(modelled)) {
    const ours = await readFile(join(real, name)).catch(() => undefined);
    const theirs = await readFile(join(modelled, name));
    assert.ok(ours === undefined || ours.equals(theirs), `${name} is not what the trace says`);
  }
}

test(
  'the control: on a disk that only says it has synced, the same program loses answered hits',
  { skip: noStrace ?? false },
  async (t) => {
    await using directory = await temporaryDirectory();
    await using scratch = await temporaryDirectory();
    const server = await startServer(join(directory.path, 'data'));
    try {
      const lie = 'fsync,fdatasync,sync_file_range,msync:retval=0';
      const recorded = await record(server, join(scratch.path, 'trace'), lie);
      const [disk] = recorded.disks;
      assert.ok(disk);
      const { answers, lost } = await unplug(disk, recorded, join(scratch.path, 'hits', 'edge-0'), 0);
      assert.equal(answers, recorded.agents.size);
      assert.ok(lost.length > answers / 2, `only ${lost.length} of ${answers} were lost`);
      t.diagnostic(`${lost.length} of ${answers} answered hits lost: this test can fail`);
      // The processes were not killed: what they wrote is in the page cache, and all is well there.
      const ledger = { ...newLedger(), hits: recorded.agents };
      await eventually('all are stored', async () => balance(server.dataDir, ledger).lost.length === 0);
      assert.deepEqual(duplicateSources(server.dataDir), []);
    } finally {
      await server.stop();
    }
  },
);
