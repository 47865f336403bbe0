import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { descendantsOf, signal } from './process-tree.ts';

const ENTRY = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const READY_WITHIN_MS = 60_000;
/** A look at a file; how long a start took is measured by it. */
const READY_POLL_MS = 10;

/** What a running server leaves in `run/local.json`. */
export interface LocalServer {
  url: string;
  apiKey: string;
  edgeUrl: string;
  smtp: { host: string; port: number } | null;
  /** For return paths. */
  inbound: { host: string; port: number } | null;
  processes: { supervisor: number; backEnd: number };
}

/** A whole server, as `waybill serve` runs it, on ports that the system chose. */
export interface RunningServer extends LocalServer {
  dataDir: string;
  child: ChildProcess;
  /** What it printed so far. */
  stdout(): string;
  stderr(): string;
  /** Orderly end, as by Ctrl-C. */
  stop(): Promise<void>;
  /** SIGKILL to the supervisor and both its processes. */
  kill(): Promise<void>;
  /** As it is now: a back end that was started again has another process. */
  local(): Promise<LocalServer>;
  /** The API with the local key. */
  api(path: string, init?: RequestInit): Promise<Response>;
}

/**
 * Starts `waybill serve` and waits until it is ready.
 * @param settings further environment; a port left out is chosen by the system
 */
export async function startServer(
  dataDir: string,
  settings: Record<string, string> = {},
): Promise<RunningServer> {
  const child = spawn(process.execPath, [ENTRY, 'serve'], {
    env: {
      PATH: process.env['PATH'],
      WAYBILL_DATA_DIR: dataDir,
      WAYBILL_HTTP_LISTEN: '127.0.0.1:0',
      WAYBILL_EDGE_LISTEN: '127.0.0.1:0',
      WAYBILL_SMTP_LISTEN: '127.0.0.1:0',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const local = await ready(child, dataDir, () => `${stdout}\n${stderr}`);
  return {
    ...local,
    dataDir,
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const others = await descendantsOf(child.pid ?? 0);
      child.kill('SIGKILL');
      for (const pid of others) signal(pid, 'SIGKILL');
      await once(child, 'exit');
    },
    local: async () => (await readLocal(dataDir)) ?? local,
    api: (path, init = {}) =>
      fetch(`${local.url}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${local.apiKey}`, ...(init.headers as Record<string, string>) },
      }),
  };
}

async function ready(child: ChildProcess, dataDir: string, output: () => string): Promise<LocalServer> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${output()}`);
    const local = await readLocal(dataDir);
    if (local !== undefined && local.processes.supervisor === child.pid) {
      const answer = await fetch(`${local.url}/readyz`).catch(() => undefined);
      // What is printed comes last.
      if (answer?.status === 200 && output().trim() !== '') return local;
    }
    await sleep(READY_POLL_MS);
  }
  child.kill('SIGKILL');
  throw new Error(`the server was not ready within ${READY_WITHIN_MS / 1_000} s:\n${output()}`);
}

async function readLocal(dataDir: string): Promise<LocalServer | undefined> {
  try {
    return JSON.parse(await readFile(join(dataDir, 'run', 'local.json'), 'utf8')) as LocalServer;
  } catch {
    return undefined;
  }
}

/**
 * Waits until `probe` gives a value, or throws with `what`.
 * @param timeoutMs long enough for a machine that is busy with much else
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let lastError: unknown;
  while (Date.now() < deadline) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      lastError = error;
    }
    await sleep(50);
  }
  throw new Error(`it did not happen within ${timeoutMs} ms: ${what}`, { cause: lastError });
}
