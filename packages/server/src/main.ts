import { enableCompileCache, flushCompileCache } from 'node:module';
import { COMPILED_CODE } from './main/compiled-code.ts';

/**
 * The composition root: one entry file for the server, its two processes and the command line. Everything is loaded
 * after the compile cache is on.
 */
async function main(args: string[]): Promise<number | undefined> {
  const [command, ...rest] = args;
  switch (command) {
    case 'edge-process': {
      const { loadConfig } = await import('./config/load.ts');
      const { runEdgeProcess } = await import('./main/edge-process.ts');
      await runEdgeProcess(loadConfig);
      break;
    }
    case 'back-end-process': {
      const { loadConfig } = await import('./config/load.ts');
      const { runBackEndProcess } = await import('./main/back-end-process.ts');
      await runBackEndProcess(loadConfig);
      break;
    }
    default: {
      const { loadCliSettings } = await import('./config/environment.ts');
      const { runCommand } = await import('./main/commands.ts');
      return runCommand(command, rest, loadCliSettings());
    }
  }
  // A server may end by SIGKILL, and would leave nothing for its next start.
  flushCompileCache();
  return undefined;
}

enableCompileCache(COMPILED_CODE);
main(process.argv.slice(2)).then(
  (status) => {
    // Undefined: a server process, which ends by its own shutdown.
    if (status !== undefined) process.exitCode = status;
  },
  async (error: unknown) => {
    const { AppError } = await import('./kernel/errors.ts');
    const known = error instanceof AppError;
    process.stderr.write(`waybill: ${known ? error.message : ((error as Error).stack ?? String(error))}\n`);
    process.exit(known ? 2 : 1);
  },
);
