import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../../test/support/server.ts';
import type { Measurement } from './measure.ts';
import { median, rounded } from './report.ts';
import { MASTER_KEY, pixelRequests } from './requests.ts';
import { startWaybillEdge, type EdgeSubject, type Subject } from './subjects.ts';
import { cpuSeconds, family, proportionalMb, residentMb } from './usage.ts';
import { runWrk } from './wrk.ts';

const HALF_LOAD_SECONDS = 10;

interface Given {
  edge: EdgeSubject;
  bare: Subject;
  results: readonly Measurement[];
  scratch: string;
  seconds: number;
  loadCpu: string;
}

/** What the table has no column for. */
export async function further(given: Given): Promise<Record<string, number | string>> {
  return { ...(await halfLoad(given)), ...(await twoWorkers(given)), ...(await wholeServer(given)) };
}

/**
 * How long a reader waits when the edge gets half of what it can take, at moments of chance; and beside it what `node:http`
 * makes of the very same. Long enough that the first requests, which come while all connections are made, are few.
 */
async function halfLoad({ edge, bare, results, scratch, loadCpu }: Given) {
  const kept = results.filter(
    ({ subject, connections, keepAlive }) => subject === 'pixel' && connections === 64 && keepAlive,
  );
  const rate = median(kept.map(({ requestsPerSecond }) => requestsPerSecond)) / 2;
  const { paths } = pixelRequests();
  const load = { paths, connections: 512, keepAlive: true, cpus: loadCpu, seconds: HALF_LOAD_SECONDS, rate };
  const ours = await runWrk({ ...load, port: edge.port }, join(scratch, 'wrk.lua'));
  const theirs = await runWrk({ ...load, port: bare.port }, join(scratch, 'wrk.lua'));
  return {
    'half load, requests/s': Math.round(ours.requestsPerSecond),
    'half load, p50 ms': ours.p50Ms,
    'half load, p99 ms': ours.p99Ms,
    'half load, p99.9 ms': ours.p999Ms,
    'half load on bare node:http, p99 ms': theirs.p99Ms,
  };
}

/**
 * What a second process on a second core adds. On a machine of two cores the load generator needs its part of them, so one
 * core that a worker and a generator share is compared with two cores that two of each share: twice as much would be all.
 */
async function twoWorkers({ scratch, seconds }: Given) {
  const { paths } = pixelRequests();
  const run = async (workers: number): Promise<{ perSecond: number; perCpuSecond: number }> => {
    const edges: EdgeSubject[] = [];
    try {
      for (let worker = 0; worker < workers; worker++) {
        const place = { worker, workers, port: edges[0]?.port };
        edges.push(await startWaybillEdge(join(scratch, `workers-${workers}`), String(worker), place));
      }
      const port = edges[0]?.port ?? 0;
      const cpus = workers === 1 ? '0' : `0-${workers - 1}`;
      const load = {
        port,
        paths,
        connections: 64 * workers,
        threads: workers,
        keepAlive: true,
        cpus,
        seconds,
      };
      await runWrk({ ...load, seconds: 1 }, join(scratch, 'wrk.lua'));
      const pids = edges.flatMap((edge) => edge.pids());
      const before = cpuSeconds(pids);
      const { requests, requestsPerSecond } = await runWrk(load, join(scratch, 'wrk.lua'));
      return { perSecond: requestsPerSecond, perCpuSecond: requests / (cpuSeconds(pids) - before) };
    } finally {
      for (const edge of edges) await edge.stop();
    }
  };
  const pairs: { perSecond: number; perCpuSecond: number }[] = [];
  for (let round = 0; round < 3; round++) {
    const [one, two] = [await run(1), await run(2)];
    pairs.push({
      perSecond: two.perSecond / one.perSecond,
      perCpuSecond: (2 * two.perCpuSecond) / one.perCpuSecond,
    });
  }
  const middle = (value: (pair: (typeof pairs)[number]) => number): string =>
    `${rounded(median(pairs.map(value)), 2)}x`;
  return {
    'two workers and generators on two cores, against one of each on one': middle((pair) => pair.perSecond),
    'the same by requests for each second of the workers’ CPU': middle((pair) => pair.perCpuSecond),
  };
}

/**
 * Memory of `waybill serve` with everything on, idle and while it processes what the edge took under load: what its
 * processes hold in all, with pages that several of them share counted once (PSS) and as often as they are shared (RSS).
 */
async function wholeServer({ scratch, seconds, loadCpu }: Given) {
  const settings = { WAYBILL_MASTER_KEYS: `1:${MASTER_KEY}`, WAYBILL_EDGE_REPEATS_PER_MINUTE: '0' };
  // Once before, so that compiled code is there as on any but the first start.
  await (await startServer(join(scratch, 'whole'), settings)).stop();
  const server = await startServer(join(scratch, 'whole'), settings);
  try {
    await sleep(2_000);
    const pids = family(server.processes.supervisor);
    const idle = memoryOf(pids);
    const port = Number(new URL(server.edgeUrl).port);
    const { paths } = pixelRequests();
    await runWrk(
      { port, paths, connections: 64, keepAlive: true, cpus: loadCpu, seconds: 2 * seconds },
      join(scratch, 'wrk.lua'),
    );
    const busy = memoryOf(pids);
    return {
      'whole server idle, MB (PSS)': rounded(idle.proportionalMb, 0),
      'whole server idle, MB (sum of RSS)': rounded(idle.residentMb, 0),
      'whole server under load, MB (PSS)': rounded(busy.proportionalMb, 0),
      'whole server under load, MB (sum of RSS)': rounded(busy.residentMb, 0),
    };
  } finally {
    await server.stop();
  }
}

function memoryOf(pids: readonly number[]): { proportionalMb: number; residentMb: number } {
  return { proportionalMb: proportionalMb(pids), residentMb: residentMb(pids) };
}
