import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EdgeSubject, Subject } from './subjects.ts';
import { cpuSeconds, residentMb } from './usage.ts';
import { runWrk, type Load } from './wrk.ts';

export type SubjectName = 'nginx' | 'bare node:http' | 'pixel' | 'link' | 'forged pixel' | 'peer';

export interface Measurement {
  subject: SubjectName;
  round: number;
  connections: number;
  keepAlive: boolean;
  requestsPerSecond: number;
  /** Requests for each second of CPU that the server used. */
  perCpuSecond: number;
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  cpuPercent: number;
  rssMb: number;
  errors: number;
}

export interface Case {
  name: SubjectName;
  server: Subject;
  paths: readonly string[];
}

export async function measure(
  { name, server, paths }: Case,
  load: Omit<Load, 'paths' | 'port'>,
  { round, scratch }: { round: number; scratch: string },
): Promise<Measurement> {
  const pids = server.pids();
  const before = cpuSeconds(pids);
  const began = performance.now();
  const outcome = await runWrk({ ...load, paths, port: server.port }, join(scratch, 'wrk.lua'));
  const cpu = cpuSeconds(pids) - before;
  const seconds = (performance.now() - began) / 1_000;
  return {
    subject: name,
    round,
    connections: load.connections,
    keepAlive: load.keepAlive,
    requestsPerSecond: outcome.requestsPerSecond,
    perCpuSecond: outcome.requests / cpu,
    p50Ms: outcome.p50Ms,
    p99Ms: outcome.p99Ms,
    p999Ms: outcome.p999Ms,
    cpuPercent: (cpu / seconds) * 100,
    rssMb: residentMb(pids),
    errors: outcome.errors,
  };
}

/** Bytes in the hit log, whatever it consists of. */
export function logBytes({ dataDir }: Pick<EdgeSubject, 'dataDir'>): number {
  const directory = join(dataDir, 'hits');
  return readdirSync(directory, { recursive: true })
    .map((name) => statSync(join(directory, String(name))))
    .filter((stat) => stat.isFile())
    .reduce((sum, { size }) => sum + size, 0);
}

/** Hits that are durable by the edge's own count, once that has come to rest. */
export async function hitCount(edge: EdgeSubject): Promise<number> {
  for (let before = -1; ; before = edge.metrics()['hits'] ?? 0) {
    await sleep(1_100);
    if (edge.metrics()['hits'] === before) return before;
  }
}
