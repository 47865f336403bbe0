import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { logBytes } from './measure.ts';
import { rounded } from './report.ts';
import { pixelRequests } from './requests.ts';
import { startWaybillEdge } from './subjects.ts';
import { runWrk } from './wrk.ts';

const MILLION = 1_000_000;

/** Whether the edge is as fast with millions of hits in its log as with none: an edge of its own, until it has them. */
export async function flat(
  scratch: string,
  millions: number,
  cpus: { server: string; load: string },
): Promise<Record<string, number>> {
  const edge = await startWaybillEdge(join(scratch, 'flat'), cpus.server);
  try {
    const { paths } = pixelRequests();
    const load = { port: edge.port, paths, connections: 64, keepAlive: true, cpus: cpus.load };
    const enough = new AbortController();
    const loading = (async () => {
      while (!enough.signal.aborted) await runWrk({ ...load, seconds: 10 }, join(scratch, 'wrk.lua'));
    })();
    const reached: number[] = [performance.now()];
    const hits = (): number => edge.metrics()['hits'] ?? 0;
    while (reached.length <= millions) {
      await sleep(50);
      if (hits() >= reached.length * MILLION) reached.push(performance.now());
    }
    enough.abort();
    const perSecond = reached.slice(1).map((at, n) => MILLION / ((at - (reached[n] ?? 0)) / 1_000));
    await loading;
    return {
      'first million, hits/s': Math.round(perSecond[0] ?? 0),
      'second million, hits/s': Math.round(perSecond[1] ?? 0),
      [`million ${millions}, hits/s`]: Math.round(perSecond.at(-1) ?? 0),
      'slowest million, hits/s': Math.round(Math.min(...perSecond)),
      'bytes of log a hit': rounded(logBytes(edge) / hits(), 1),
    };
  } finally {
    await edge.stop();
  }
}
