import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';

/** A port that was free a moment ago: these programs cannot be told to choose one. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface Sink {
  port: number;
  /** Resolves when this many mails more than at the last call have come. */
  received(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Postfix's `smtp-sink`: takes everything and keeps nothing. */
export async function startSink(): Promise<Sink> {
  const port = await freePort();
  const child = spawn('smtp-sink', ['-c', '-u', 'nobody', `127.0.0.1:${port}`, '1000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const count = { total: 0, awaited: 0 };
  let rest = '';
  let wake: () => void = () => undefined;
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\r');
    rest = lines.pop() ?? '';
    const mails = /mesg=(\d+)/.exec(lines.at(-1) ?? '')?.[1];
    if (mails !== undefined) count.total = Number(mails);
    wake();
  });
  return {
    port,
    received: async (mails) => {
      count.awaited += mails;
      while (count.total < count.awaited) await new Promise<void>((resolve) => (wake = resolve));
    },
    stop: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
}

/** Postfix's `smtp-source`: resolves when the last mail has its 250. */
export async function runSource(options: {
  port: number;
  sessions: number;
  mails: number;
  file: string;
}): Promise<void> {
  const { port, sessions, mails, file } = options;
  await promisify(execFile)('smtp-source', [
    '-d',
    ...['-s', String(sessions), '-m', String(mails), '-F', file],
    ...['-f', 'sam@example.org', '-t', 'ann@example.net', `127.0.0.1:${port}`],
  ]);
}
