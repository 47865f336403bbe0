import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Finding } from './finding.ts';

const TOPIC = 'ports';

/** A listener of the configuration. */
export interface WantedPort {
  setting: string;
  host: string;
  port: number;
  /** A running server of this data directory has it. */
  isOurs: boolean;
}

/** Whether each listener is free, or ours. */
export async function checkPorts(wanted: readonly WantedPort[]): Promise<Finding[]> {
  return Promise.all(wanted.map(checkPort));
}

async function checkPort({ setting, host, port, isOurs }: WantedPort): Promise<Finding> {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (isOurs)
    return { topic: TOPIC, level: 'ok', text: `${place} is this Waybill’s, which runs (${setting})` };
  const problem = await bindProblem(host, port);
  if (problem === undefined) return { topic: TOPIC, level: 'ok', text: `${place} is free (${setting})` };
  const advice = {
    EADDRINUSE: `Stop the program that has it (ss -ltnp 'sport = :${port}' names it), or set ${setting}.`,
    EACCES: `Ports below 1024 need a privilege: AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit, or another port in ${setting}.`,
    EADDRNOTAVAIL: `${host} is no address of this machine: set ${setting}.`,
  }[problem];
  return {
    topic: TOPIC,
    level: 'problem',
    text:
      problem === 'EADDRINUSE'
        ? `${place} is in use by another program`
        : `${place} cannot be listened on (${problem})`,
    advice: advice ?? `Set ${setting}.`,
  };
}

async function bindProblem(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    const listening = once(server, 'listening');
    server.listen(port, host);
    await listening;
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown error';
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}
