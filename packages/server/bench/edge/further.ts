import { join } from 'node:path';
import { startServer } from '../../test/support/server.ts';
import type { Measurement } from './measure.ts';
import { median, rounded } from './report.ts';
import { MASTER_KEY, pixelRequests } from './requests.ts';
import { startWaybillEdge, type EdgeSubject } from './subjects.ts';
import { cpuSeconds, family, residentMb } from './usage.ts';
import { runWrk } from './wrk.ts';

interface Given {
  edge: EdgeSubject;
  results: readonly Measurement[];
  scratch: string;
  seconds: number;
  loadCpu: string;
}

/** What the table has no column for. */
export async function further(given: Given): Promise<Record<string, number | string>> {
  return { ...(await halfLoad(given)), ...(await twoWorkers(given)), ...(await wholeServer(given)) };
}

/** How long a reader waits when the edge gets half of what it can take, at moments of chance. */
async function halfLoad({ edge, results, scratch, seconds, loadCpu }: Given) {
  const kept = results.filter(
    ({ subject, connections, keepAlive }) => subject === 'pixel' && connections === 64 && keepAlive,
  );
  const rate = median(kept.map(({ requestsPerSecond }) => requestsPerSecond)) / 2;
  const { paths } = pixelRequests();
  const load = { port: edge.port, paths, connections: 512, keepAlive: true, cpus: loadCpu, seconds, rate };
  const outcome = await runWrk(load, join(scratch, 'wrk.lua'));
  return {
    'half load, requests/s': Math.round(outcome.requestsPerSecond),
    'half load, p99 ms': outcome.p99Ms,
    'half load, p99.9 ms': outcome.p999Ms,
  };
}

/**
 * What a second process on a second core adds. On a machine of two cores the load generator takes its part of both, so
 * what is compared is requests for each second of CPU: how much of one process's work is lost to the other.
 */
async function twoWorkers({ scratch, seconds }: Given) {
  const { paths } = pixelRequests();
  const perCpuSecond = async (workers: number): Promise<number> => {
    const edges: EdgeSubject[] = [];
    try {
      for (let worker = 0; worker < workers; worker++) {
        const place = { worker, workers, port: edges[0]?.port };
        edges.push(await startWaybillEdge(join(scratch, `workers-${workers}`), String(worker), place));
      }
      const port = edges[0]?.port ?? 0;
      const load = { port, paths, connections: 128, keepAlive: true, cpus: '0-1', seconds };
      await runWrk({ ...load, seconds: 1 }, join(scratch, 'wrk.lua'));
      const pids = edges.flatMap((edge) => edge.pids());
      const before = cpuSeconds(pids);
      const { requests } = await runWrk(load, join(scratch, 'wrk.lua'));
      return requests / (cpuSeconds(pids) - before);
    } finally {
      for (const edge of edges) await edge.stop();
    }
  };
  const [one, two] = [await perCpuSecond(1), await perCpuSecond(2)];
  return { 'two workers on two cores, by CPU': `${rounded((2 * two) / one, 2)}x` };
}

/** Memory of `waybill serve` with everything on, after a look-up of places and networks under load. */
async function wholeServer({ scratch, seconds, loadCpu }: Given) {
  const settings = { WAYBILL_MASTER_KEYS: `1:${MASTER_KEY}`, WAYBILL_EDGE_REPEATS_PER_MINUTE: '0' };
  const server = await startServer(join(scratch, 'whole'), settings);
  try {
    const port = Number(new URL(server.edgeUrl).port);
    const { paths } = pixelRequests();
    await runWrk(
      { port, paths, connections: 64, keepAlive: true, cpus: loadCpu, seconds },
      join(scratch, 'wrk.lua'),
    );
    const { supervisor } = server.processes;
    return { 'whole server, MB': rounded(residentMb(family(supervisor)), 0) };
  } finally {
    await server.stop();
  }
}
