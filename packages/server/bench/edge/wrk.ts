import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { headerSets } from './requests.ts';

const run = promisify(execFile);

export interface Load {
  port: number;
  paths: readonly string[];
  connections: number;
  /** Of the load generator; one when left out. */
  threads?: number;
  /** False: a new connection for each request. */
  keepAlive: boolean;
  seconds: number;
  /** CPUs that the load generator may use. */
  cpus: string;
  /** Requests a second to send; as many as possible when undefined. */
  rate?: number;
}

export interface Outcome {
  requests: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  errors: number;
}

/** wrk's own summary for people says neither p99.9 nor exact counts. */
const SUMMARY = `
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT{"requests":%d,"us":%d,"p50":%d,"p99":%d,"p999":%d,"errors":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;

/** Different requests in turn, each with another of the header sets, all made before the clock starts. */
function script({ paths, keepAlive, rate, threads = 1 }: Load): string {
  const sets = headerSets().map((set) => {
    const fields = { Host: 'track.example.org', ...set, ...(keepAlive ? {} : { Connection: 'close' }) };
    return Object.entries(fields)
      .map(([name, value]) => `${name}: ${value}\\r\\n`)
      .join('');
  });
  return `
local paths = {${paths.map(quoted).join(',')}}
local sets = {${sets.map(quoted).join(',')}}
local requests = {}
for i, path in ipairs(paths) do
  requests[i] = 'GET ' .. path .. ' HTTP/1.1\\r\\n' .. sets[i % #sets + 1] .. '\\r\\n'
end
local at = 0
request = function()
  at = at % #requests + 1
  return requests[at]
end
${rate === undefined ? '' : schedule(rate / threads)}
${SUMMARY}`;
}

/**
 * Requests come by themselves (a Poisson process), however long the answers take: whichever connection is free takes the
 * next moment. What could not be sent in time is sent as soon as it can, for a second.
 */
function schedule(rate: number): string {
  return `
local ffi = require('ffi')
ffi.cdef('typedef struct { long s; long ns; } moment; int clock_gettime(int clock, moment *now);')
local moment = ffi.new('moment')
local monotonic = 1
local due
delay = function()
  ffi.C.clock_gettime(monotonic, moment)
  local now = tonumber(moment.s) * 1000 + tonumber(moment.ns) / 1e6
  due = math.max((due or now) - math.log(1 - math.random()) / ${rate} * 1000, now - 1000)
  return math.max(0, math.floor(due - now + 0.5))
end`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}

/** @param file where the script may be written */
export async function runWrk(load: Load, file: string): Promise<Outcome> {
  await writeFile(file, script(load));
  const wrk = ['wrk', `-t${load.threads ?? 1}`, `-c${load.connections}`, `-d${load.seconds}s`, '-s', file];
  const { stdout } = await run('taskset', ['-c', load.cpus, ...wrk, `http://127.0.0.1:${load.port}`]);
  await rm(file);
  const text = /RESULT(\{.*\})/.exec(stdout)?.[1];
  if (text === undefined) throw new Error(`wrk said nothing:\n${stdout}`);
  const { requests, us, p50, p99, p999, errors } = JSON.parse(text) as Record<string, number>;
  const ms = (value: number | undefined): number => (value ?? 0) / 1_000;
  return {
    requests: requests ?? 0,
    requestsPerSecond: ((requests ?? 0) / (us ?? 1)) * 1e6,
    p50Ms: ms(p50),
    p99Ms: ms(p99),
    p999Ms: ms(p999),
    errors: errors ?? 0,
  };
}
