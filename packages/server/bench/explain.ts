/**
 * How many hits does `waybill explain` judge in a second, on one core, and in how much memory? Runs the command in a
 * process of its own on lines put together from our own agents (test/truth), most with a version or an address of
 * their own, so that little is remembered; one line in ten belongs to a sequence.
 *
 *   npm run bench:explain [-- LINES]      (default 1,000,000; three runs)
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { composeSequences } from '../test/truth/sequences.ts';
import { namedAgents } from '../test/truth/named-agents.ts';

const LINES = Number(process.argv[2] ?? 1_000_000);
const RUNS = 3;
const ENTRY = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** The same lines in each run: Park and Miller's generator. */
let state = 4711;
function below(limit: number): number {
  state = (state * 48_271) % 2_147_483_647;
  return state % limit;
}

const AGENTS = namedAgents();
const SEQUENCES = composeSequences();

function singleLine(): string {
  const { kind, userAgent } = AGENTS[below(AGENTS.length)] ?? { kind: 'open', userAgent: '' };
  // Half of the agents in one of a hundred versions, each address in a network of its own.
  const agent = below(2) === 0 ? userAgent : userAgent.replace(/\d+(?!.*\d)/, () => String(below(100)));
  const ip = [1 + below(220), below(256), below(256), 1 + below(254)].join('.');
  return JSON.stringify({
    kind,
    method: 'GET',
    userAgent: agent,
    ip,
    headers: null,
    secondsAfterSend: below(90_000),
  });
}

function sequenceLines(name: string): string[] {
  return (SEQUENCES[below(SEQUENCES.length)]?.hits ?? []).map(({ observation }) =>
    JSON.stringify({ ...observation, sequence: name }),
  );
}

async function writeLines(file: string): Promise<void> {
  const output = createWriteStream(file);
  let chunk: string[] = [];
  for (let written = 0; written < LINES;) {
    const lines = below(60) === 0 ? sequenceLines(String(written)) : [singleLine()];
    chunk.push(...lines);
    written += lines.length;
    if (chunk.length < 10_000 && written < LINES) continue;
    if (!output.write(`${chunk.join('\n')}\n`)) await once(output, 'drain');
    chunk = [];
  }
  output.end();
  await once(output, 'finish');
}

/** One run, with the processor's time and the most memory at once as Linux tells them (to a twentieth of a second). */
async function run(file: string): Promise<{ seconds: number; lines: number } & Used> {
  const started = performance.now();
  const child = spawn(process.execPath, [ENTRY, 'explain'], { stdio: ['pipe', 'pipe', 'inherit'] });
  createReadStream(file).pipe(child.stdin);
  let lines = 0;
  let used: Used = { cpuSeconds: 0, memoryMb: 0 };
  const watch = setInterval(() => (used = usedBy(child.pid, used)), 50);
  child.stdout.on('data', (chunk: Buffer) => {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
  });
  await once(child, 'close');
  clearInterval(watch);
  return { seconds: (performance.now() - started) / 1000, lines, ...used };
}

interface Used {
  cpuSeconds: number;
  memoryMb: number;
}

/** Ticks of the kernel's clock that `/proc/PID/stat` counts in; 100 a second on every Linux. */
const TICKS = 100;

function usedBy(pid: number | undefined, before: Used): Used {
  try {
    const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8');
    const stat = readFileSync(`/proc/${pid ?? 0}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const residentMb = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    return {
      cpuSeconds: (Number(stat[11]) + Number(stat[12])) / TICKS,
      memoryMb: Math.max(before.memoryMb, residentMb),
    };
  } catch {
    return before;
  }
}

const directory = mkdtempSync(join(tmpdir(), 'waybill-explain-'));
try {
  const file = join(directory, 'hits.jsonl');
  await writeLines(file);
  for (let i = 1; i <= RUNS; i += 1) {
    const { seconds, lines, cpuSeconds, memoryMb } = await run(file);
    const rate = (time: number): string => Math.round(lines / time).toLocaleString('en');
    console.log(
      `run ${i}: ${lines.toLocaleString('en')} hits in ${seconds.toFixed(1)} s: ${rate(seconds)} hits/s; ${cpuSeconds.toFixed(1)} s of one core: ${rate(cpuSeconds)} hits/s; ${Math.round(memoryMb)} MB`,
    );
  }
} finally {
  rmSync(directory, { recursive: true });
}
