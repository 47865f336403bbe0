import { loadCliSettings, loadConfig } from './config/load.ts';
import { AppError } from './kernel/errors.ts';
import { runCommand } from './main/commands.ts';

/** The composition root: one entry file for the server, its two processes and the command line. */
async function main(args: string[]): Promise<number | undefined> {
  const [command, ...rest] = args;
  switch (command) {
    case 'edge-process': {
      const { runEdgeProcess } = await import('./main/edge-process.ts');
      await runEdgeProcess(loadConfig());
      return undefined;
    }
    case 'back-end-process': {
      const { runBackEndProcess } = await import('./main/back-end-process.ts');
      await runBackEndProcess(loadConfig());
      return undefined;
    }
    default:
      return runCommand(command, rest, loadCliSettings());
  }
}

main(process.argv.slice(2)).then(
  (status) => {
    // Undefined: a server process, which ends by its own shutdown.
    if (status !== undefined) process.exitCode = status;
  },
  (error: unknown) => {
    const known = error instanceof AppError;
    process.stderr.write(`waybill: ${known ? error.message : ((error as Error).stack ?? String(error))}\n`);
    process.exit(known ? 2 : 1);
  },
);
