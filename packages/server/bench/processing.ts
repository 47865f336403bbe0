/**
 * Does processing keep up with the edge? A whole server as shipped, with sent deliveries in its database:
 *
 *   npm run bench:processing [-- --hits N] [--deliveries N] [--came N] [--paths N] [--rate N] [--seconds N]
 *
 * First it starts on a log of N hits that nobody processed while they came, so many a second (`--came`), and the time is
 * taken until the last one is judged, placed, stored and on its timeline. Then `wrk` asks for pixels and links of so many
 * deliveries (`--paths`) in turn at a rate, and what `/metrics` says of lag and backlog is read ten times a second. Server
 * and load share the machine: on two cores all of it fits only if each hit is cheap.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startServer, type RunningServer } from '../test/support/server.ts';
import { temporaryDirectory } from '../test/support/temp-dir.ts';
import { needPrograms } from './edge/programs.ts';
import { MASTER_KEY } from './edge/requests.ts';
import { cpuSeconds, family, residentMb } from './edge/usage.ts';
import { runWrk } from './edge/wrk.ts';
import { seedDeliveries, seededPaths, seedHits } from './processing/fixture.ts';

const PATHS = 4_000;

async function gauge(server: RunningServer, name: string): Promise<number> {
  const text = await (await server.api('/metrics')).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}

/** Until nothing waits; says how fast it went in each fifth of the time, and with how much memory. @returns hits processed */
async function drain(server: RunningServer): Promise<number> {
  const pids = family(server.processes.supervisor);
  const seen: { ms: number; hits: number; mb: number }[] = [];
  const look = async (): Promise<void> => {
    const hits = await gauge(server, 'waybill_hits_processed_total');
    seen.push({ ms: performance.now(), hits, mb: residentMb(pids) });
  };
  await look();
  while ((await gauge(server, 'waybill_hit_backlog')) > 0) {
    await sleep(250);
    await look();
  }
  const fifths = Array.from({ length: 5 }, (_, n) => {
    const [from, to] = [seen[at(n)], seen[at(n + 1)]];
    if (from === undefined || to === undefined || from === to) return '-';
    return `${Math.round(((to.hits - from.hits) / (to.ms - from.ms)) * 1_000)}/s ${to.mb.toFixed(0)} MB`;
  });
  console.log(`  by fifths of the time: ${fifths.join(', ')}`);
  console.log(`  memory of all processes at most ${Math.max(...seen.map(({ mb }) => mb)).toFixed(0)} MB`);
  return seen.at(-1)?.hits ?? 0;

  function at(fifth: number): number {
    return Math.floor(((seen.length - 1) * fifth) / 5);
  }
}

async function backlog(server: RunningServer): Promise<void> {
  const pids = family(server.processes.supervisor);
  const cpu = cpuSeconds(pids);
  const began = performance.now();
  const before = await gauge(server, 'waybill_hits_processed_total');
  const hits = (await drain(server)) - before;
  const seconds = (performance.now() - began) / 1_000;
  console.log(`  ${Math.round(hits)} hits in ${seconds.toFixed(1)} s: ${Math.round(hits / seconds)}/s`);
  console.log(`  ${(((cpuSeconds(pids) - cpu) / hits) * 1e6).toFixed(0)} µs of CPU for each`);
}

async function underLoad(
  server: RunningServer,
  { rate, seconds, paths, scratch }: Record<'rate' | 'seconds' | 'paths', number> & { scratch: string },
): Promise<void> {
  // What waited in the row before says nothing of this one.
  while ((await gauge(server, 'waybill_hit_lag_seconds')) > 0) await sleep(100);
  const before = await gauge(server, 'waybill_hits_processed_total');
  const load = runWrk(
    {
      port: Number(new URL(server.edgeUrl).port),
      paths: seededPaths(paths),
      connections: 64,
      keepAlive: true,
      seconds,
      cpus: '0-1',
      rate,
    },
    join(scratch, 'wrk.lua'),
  );
  const lags: number[] = [];
  const memory: number[] = [];
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until) {
    lags.push(await gauge(server, 'waybill_hit_lag_seconds'));
    memory.push(residentMb(family(server.processes.supervisor)));
    await sleep(100);
  }
  const outcome = await load;
  const left = await gauge(server, 'waybill_hit_backlog');
  const processed = (await gauge(server, 'waybill_hits_processed_total')) - before;
  lags.sort((a, b) => a - b);
  console.log(
    `  ${Math.round(outcome.requestsPerSecond)} requests/s answered, p99 ${outcome.p99Ms.toFixed(1)} ms`,
  );
  console.log(`  ${Math.round(processed / seconds)}/s on timelines meanwhile; ${left} waited at the end`);
  console.log(
    `  lag: median ${lags[lags.length >> 1]?.toFixed(2)} s, p99 ${lags[Math.floor(lags.length * 0.99)]?.toFixed(2)} s`,
  );
  const half = memory.length >> 1;
  console.log(
    `  memory of all processes at most ${Math.max(...memory.slice(0, half)).toFixed(0)} MB in the first half, ${Math.max(...memory.slice(half)).toFixed(0)} MB in the second`,
  );
  if (left > 0) await drain(server);
}

async function main(): Promise<void> {
  const number = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { hits: number, deliveries: number, came: number, paths: number, rate: number, seconds: number },
  });
  const hits = Number(values.hits ?? 200_000);
  const deliveries = Number(values.deliveries ?? 50_000);
  const perSecond = Number(values.came ?? 10_000);
  const paths = Math.min(deliveries, Number(values.paths ?? PATHS));
  const rate = Number(values.rate ?? 10_000);
  const seconds = Number(values.seconds ?? 20);
  await needPrograms();
  await using directory = await temporaryDirectory();
  const dataDir = join(directory.path, 'data');
  await mkdir(dataDir);
  await seedDeliveries(dataDir, deliveries);
  await seedHits(dataDir, { count: hits, deliveries, perSecond });
  const server = await startServer(dataDir, { WAYBILL_MASTER_KEYS: `1:${MASTER_KEY}` });
  try {
    console.log(`${hits} hits on ${deliveries} deliveries, come at ${perSecond}/s, that waited in the log:`);
    await backlog(server);
    for (const each of [rate / 2, rate]) {
      console.log(`${each} hits/s on ${paths} deliveries, edge and load on the same machine:`);
      await underLoad(server, { rate: each, seconds, paths, scratch: directory.path });
    }
  } finally {
    await server.stop();
  }
}

await main();
