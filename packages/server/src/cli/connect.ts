import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WaybillClient, WaybillError } from '@waybill/sdk';
import { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import type { CliIo, CliSettings } from './io.ts';

const LOCAL_SERVER = z.object({ url: z.url(), apiKey: z.string().min(1) });

const START_OR_NAME =
  'Start a server on this machine with "npm start", or set WAYBILL_URL and WAYBILL_API_KEY to use another one.';

/**
 * The server that the environment names, else the one that runs on this machine's data directory.
 * @throws AppError `misconfigured` that says what to do
 */
export async function connect({ url, apiKey, dataDir }: CliSettings): Promise<WaybillClient> {
  if (url !== undefined && !URL.canParse(url)) {
    throw new AppError('misconfigured', `WAYBILL_URL is not an address like http://127.0.0.1:8420: ${url}`);
  }
  if (url !== undefined && apiKey !== undefined) return new WaybillClient({ url, apiKey });
  const local = await localServer(dataDir);
  // A local key is shown to the local server only, wherever WAYBILL_URL points.
  if (url !== undefined && (local === undefined || new URL(url).origin !== new URL(local.url).origin)) {
    throw new AppError(
      'misconfigured',
      'WAYBILL_URL is set, but WAYBILL_API_KEY is not. Make a key in the settings.',
    );
  }
  if (local === undefined) {
    throw new AppError('misconfigured', `No server runs on ${dataDir}. ${START_OR_NAME}`);
  }
  return new WaybillClient({ url: local.url, apiKey: apiKey ?? local.apiKey });
}

/** Says on standard error what went wrong and what to do. Errors that nobody intended are thrown on. */
export function explainFailure(command: string, error: unknown, stderr: CliIo['stderr']): void {
  stderr.write(`waybill ${command}: ${failureText(error)}\n`);
}

function failureText(error: unknown): string {
  if (error instanceof AppError) return error.message;
  if (!(error instanceof WaybillError)) throw error;
  if (error.code === 'unreachable') return `${error.message} ${START_OR_NAME}`;
  if (error.status === 401)
    return `The server does not know the key: ${error.message} Check WAYBILL_API_KEY.`;
  const fields = error.problem.errors ?? [];
  const lines = fields.map(({ field, message }) => `${field}: ${message}`);
  // What is wrong with a single field is often the whole message already.
  const isSaid = lines.length === 1 && error.message.startsWith(lines[0] ?? '');
  return isSaid ? error.message : [error.message, ...lines].join('\n  ');
}

async function localServer(dataDir: string): Promise<z.infer<typeof LOCAL_SERVER> | undefined> {
  const path = join(dataDir, 'run', 'local.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AppError('misconfigured', `${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  try {
    return LOCAL_SERVER.parse(JSON.parse(text));
  } catch (error) {
    throw new AppError('misconfigured', `${path} is damaged. Start the server again.`, { cause: error });
  }
}
