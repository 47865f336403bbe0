import { loadConfig, unknownSettings } from '../config/load.ts';
import { createLogger } from '../kernel/logger.ts';
import type { CliIo } from './io.ts';

const USAGE = `Usage: waybill serve

Runs the whole server in the foreground until Ctrl-C. Settings come from the environment:
docs/configuration.md lists them.
`;

/** How a server is run; given by the composition root. */
export interface ServeDependencies {
  lock(dataDir: string): () => void;
  supervisor(options: {
    edgeWorkers: number;
    logger: ReturnType<typeof createLogger>;
    stderr: CliIo['stderr'];
  }): {
    run(): Promise<number>;
    stop(): void;
  };
}

export async function run(
  args: string[],
  io: CliIo,
  { lock, supervisor }: ServeDependencies,
): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(USAGE);
    return 0;
  }
  if (args.length > 0) {
    io.stderr.write(`waybill serve: ${JSON.stringify(args[0])} is not understood\n\n${USAGE}`);
    return 2;
  }
  const config = loadConfig();
  for (const sentence of unknownSettings()) io.stderr.write(`waybill: ${sentence}\n`);
  const unlock = lock(config.dataDir);
  const server = supervisor({
    edgeWorkers: config.edgeWorkers,
    logger: createLogger(config.logLevel, 'supervisor'),
    stderr: io.stderr,
  });
  const stop = (): void => server.stop();
  process.on('SIGTERM', stop).on('SIGHUP', stop);
  // The launcher's channel closes when the launcher dies; nobody would be left to stop us.
  process.on('disconnect', stop);
  io.signal.addEventListener('abort', stop);
  // Ctrl-C may have come while this was loaded.
  const status = io.signal.aborted ? 0 : await server.run();
  unlock();
  // An open channel to the launcher would keep this process alive.
  if (process.connected) process.disconnect?.();
  return status;
}
