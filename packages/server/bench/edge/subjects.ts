import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../src/config/environment.ts';
import { COMPILED_CODE } from '../../src/main/compiled-code.ts';
import type { FromEdge, ToEdge } from '../../src/main/ipc.ts';
import { EDGE_FLAGS } from '../../src/main/server-processes.ts';
import { freePort } from '../relay/smtp-programs.ts';
import { MASTER_KEY } from './requests.ts';
import { family } from './usage.ts';

const ENTRY = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const BARE = fileURLToPath(new URL('./bare-node.ts', import.meta.url));

/** A server under load. */
export interface Subject {
  port: number;
  /** All its processes. */
  pids(): number[];
  stop(): Promise<void>;
}

function pinned(cpus: string, command: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn('taskset', ['-c', cpus, ...command], {
    env: { PATH: `${process.env['PATH']}:/usr/sbin`, ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
}

function subject(child: ChildProcess, port: number): Subject {
  const pid = child.pid ?? 0;
  return {
    port,
    pids: () => family(pid),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** The first line of its output, as JSON. */
async function announced<T>(child: ChildProcess): Promise<T> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (text += part));
  while (!text.includes('\n')) {
    if (child.exitCode !== null) throw new Error(`a server ended with ${child.exitCode}`);
    await sleep(10);
  }
  return JSON.parse(text) as T;
}

/** `empty_gif` with an access log in a file, without fsync: what the machine can do. */
export async function startNginx(directory: string, cpus: string): Promise<Subject> {
  await mkdir(directory, { recursive: true });
  const port = await freePort();
  const config = `
    daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log ${directory}/error.log;
    events { worker_connections 4096; }
    http {
      access_log ${directory}/access.log; keepalive_requests 1000000000; client_body_temp_path ${directory}/body;
      proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/fcgi; uwsgi_temp_path ${directory}/uwsgi;
      scgi_temp_path ${directory}/scgi; large_client_header_buffers 4 32k;
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location / { empty_gif; add_header Cache-Control "no-store, private, max-age=0"; }
      }
    }`;
  await writeFile(join(directory, 'nginx.conf'), config);
  const child = pinned(cpus, ['nginx', '-p', directory, '-c', join(directory, 'nginx.conf')]);
  await untilOpen(port, child);
  return subject(child, port);
}

export async function startBareNode(cpus: string): Promise<Subject> {
  const child = pinned(cpus, [process.execPath, BARE]);
  return subject(child, (await announced<{ port: number }>(child)).port);
}

export async function startPeer(
  folder: string,
  database: string,
  cpus: string,
): Promise<Subject & { paths: string[] }> {
  const env = { NODE_ENV: 'production' };
  const child = pinned(cpus, [process.execPath, join(folder, 'server.mjs'), database], env);
  const { port, paths } = await announced<{ port: number; paths: string[] }>(child);
  return { ...subject(child, port), paths };
}

export interface EdgeSubject extends Subject {
  /** Its own counters, as it reports them to the back end each second. */
  metrics(): Record<string, number>;
  dataDir: string;
}

/**
 * The edge process of `waybill serve`, with everything but the back end.
 * @param place which of several that share a port; alone when left out
 */
export async function startWaybillEdge(
  dataDir: string,
  cpus: string,
  place: { worker: number; workers: number; port: number | undefined } = {
    worker: 0,
    workers: 1,
    port: undefined,
  },
): Promise<EdgeSubject> {
  await mkdir(dataDir, { recursive: true });
  const env = {
    ...childEnvironment(COMPILED_CODE, {}),
    WAYBILL_DATA_DIR: dataDir,
    WAYBILL_EDGE_LISTEN: '127.0.0.1:0',
    WAYBILL_MASTER_KEYS: `1:${MASTER_KEY}`,
    // All requests come from one address: every hit is to be written.
    WAYBILL_EDGE_REPEATS_PER_MINUTE: '0',
  };
  const child = pinned(cpus, [process.execPath, ...EDGE_FLAGS, ENTRY, 'edge-process'], env);
  let metrics: Record<string, number> = {};
  const port = await new Promise<number>((resolve, reject) => {
    child.on('message', (message: FromEdge) => {
      if (message.type === 'edge-ready') resolve(message.port);
      if (message.type === 'edge-metrics') metrics = message.metrics;
    });
    child.once('exit', (code) => reject(new Error(`the edge ended with ${code}`)));
    child.send({ type: 'start-edge', ...place } satisfies ToEdge);
  });
  return { ...subject(child, port), metrics: () => metrics, dataDir };
}

async function untilOpen(port: number, child: ChildProcess): Promise<void> {
  for (let n = 0; n < 200; n++) {
    if (child.exitCode !== null) break;
    const isOpen = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (isOpen) return;
    await sleep(20);
  }
  throw new Error('nginx did not start');
}
