/**
 * How fast is the edge, with each hit on the disk before its answer? Against what the machine can do:
 *
 *   npm run bench:edge [-- --quick] [--json] [--seconds N] [--rounds N]
 *   npm run bench:edge -- --millions 10    only this: as fast with so many hits in the log as with none?
 *
 * One server at a time on one core, the load generator (`wrk`) on another, in turn, so that what else the machine does
 * falls on all: nginx with an access log that it does not sync; the least that `node:http` can do; Waybill's edge process
 * as `waybill serve` runs it (pixel, link, forged pixel); and `nodemailer-mail-tracking` on Express with a row in SQLite
 * for each view. All get thousands of different requests with the headers of real mail programs, one pixel in twenty
 * forged. Without `--quick` the figures go to `docs/benchmarks/`. `--json` prints one object and nothing else.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { temporaryDirectory } from '../test/support/temp-dir.ts';
import { flat } from './edge/flat.ts';
import { further } from './edge/further.ts';
import { hitCount, logBytes, measure, type Case, type Measurement } from './edge/measure.ts';
import { plot } from './edge/plot.ts';
import { needPrograms, peerFolder } from './edge/programs.ts';
import { machine, ratio, rounded, summary, table, type Report } from './edge/report.ts';
import { forgedRequests, linkRequests, pixelRequests } from './edge/requests.ts';
import { startBareNode, startNginx, startPeer, startWaybillEdge } from './edge/subjects.ts';

const RESULTS = fileURLToPath(new URL('../../../docs/benchmarks/', import.meta.url));
const SERVER_CPU = '0';
const LOAD_CPU = '1';
const WAYS: [connections: number, keepAlive: boolean][] = [
  [64, true],
  [1, true],
  [512, true],
  [1, false],
  [64, false],
  [512, false],
];

interface Options {
  quick: boolean;
  json: boolean;
  seconds: number;
  rounds: number;
  millions: number | undefined;
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      millions: { type: 'string' },
    },
  });
  const seconds = Number(values.seconds ?? 2);
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 2));
  if (!(Number.isInteger(seconds) && seconds > 0 && Number.isInteger(rounds) && rounds > 0))
    throw new Error('--seconds and --rounds are whole numbers from 1.');
  const millions = values.millions === undefined ? undefined : Number(values.millions);
  if (millions !== undefined && !(Number.isInteger(millions) && millions > 0))
    throw new Error('--millions is a whole number from 1.');
  return { quick: values.quick, json: values.json, seconds, rounds, millions };
}

async function cases(stack: AsyncDisposableStack, directory: string, quick: boolean) {
  const started = async <S extends { stop(): Promise<void> }>(starting: Promise<S>): Promise<S> => {
    const server = await starting;
    stack.defer(() => server.stop());
    return server;
  };
  const [pixels, links, forged] = [pixelRequests(), linkRequests(), forgedRequests()];
  const nginx = await started(startNginx(join(directory, 'nginx'), SERVER_CPU));
  const bare = await started(startBareNode(SERVER_CPU));
  const edge = await started(startWaybillEdge(join(directory, 'waybill'), SERVER_CPU));
  const linkEdge = await started(startWaybillEdge(join(directory, 'links'), SERVER_CPU));
  const all: Case[] = [
    { name: 'nginx', server: nginx, paths: pixels.paths },
    { name: 'bare node:http', server: bare, paths: pixels.paths },
    { name: 'pixel', server: edge, paths: pixels.paths },
    { name: 'link', server: linkEdge, paths: links.paths },
  ];
  if (!quick) {
    all.push({ name: 'forged pixel', server: linkEdge, paths: forged.paths });
    const folder = await peerFolder();
    if (folder !== undefined) {
      const peer = await started(startPeer(folder, join(directory, 'peer.db'), SERVER_CPU));
      all.push({ name: 'peer', server: peer, paths: peer.paths });
    }
  }
  return { all, edge, bare };
}

async function main(): Promise<void> {
  const { quick, json, seconds, rounds, millions } = options();
  await needPrograms();
  await using directory = await temporaryDirectory();
  if (millions !== undefined) {
    const found = await flat(directory.path, millions, { server: SERVER_CPU, load: LOAD_CPU });
    process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
    return;
  }
  await using stack = new AsyncDisposableStack();
  const scratch = directory.path;
  const { all, edge, bare } = await cases(stack, scratch, quick);
  const load = { cpus: LOAD_CPU, seconds, connections: 64, keepAlive: true };
  // Nobody is measured before its code is compiled.
  for (const each of all) await measure(each, { ...load, seconds: 1 }, { round: 0, scratch });
  const results: Measurement[] = [];
  for (const [connections, keepAlive] of quick ? WAYS.slice(0, 1) : WAYS) {
    for (let round = 1; round <= rounds; round++) {
      for (const each of all) {
        const result = await measure(each, { ...load, connections, keepAlive }, { round, scratch });
        results.push(result);
        if (!json)
          process.stderr.write(`${each.name} ${connections}: ${Math.round(result.requestsPerSecond)}/s\n`);
      }
    }
  }
  const hits = await hitCount(edge);
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    secondsEach: seconds,
    rounds,
    ratioToNginx: ratio(results, 'pixel', 'nginx', (each) => each.requestsPerSecond),
    ratioToBareNode: ratio(results, 'pixel', 'bare node:http', (each) => each.requestsPerSecond),
    ratioToNginxByCpu: ratio(results, 'pixel', 'nginx', (each) => each.perCpuSecond),
    ratioToBareNodeByCpu: ratio(results, 'pixel', 'bare node:http', (each) => each.perCpuSecond),
    logBytesPerHit: rounded(logBytes(edge) / hits, 1),
    results,
  };
  if (!quick) report.further = await further({ edge, bare, results, scratch, seconds, loadCpu: LOAD_CPU });
  report.results = summary(results);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : table(report));
  if (quick) return;
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, 'edge.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(join(RESULTS, 'edge.svg'), plot(report));
}

await main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
