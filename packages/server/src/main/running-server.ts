import { readFile, readlink, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { LocalServer } from './local-file.ts';

const PATIENCE_MS = 2_000;

/** A server that runs on a data directory and answers. */
export interface RunningServer {
  local: LocalServer;
  /** What it was started with; undefined where the system does not tell (not Linux, another user's process). */
  environment: NodeJS.ProcessEnv | undefined;
}

/** @returns undefined when none answers */
export async function runningServer(dataDir: string): Promise<RunningServer | undefined> {
  let local: LocalServer;
  try {
    local = JSON.parse(await readFile(join(dataDir, 'run', 'local.json'), 'utf8')) as LocalServer;
    const answer = await fetch(`${local.url}/healthz`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) return undefined;
  } catch {
    return undefined;
  }
  return { local, environment: await environmentOf(local.processes.supervisor, dataDir) };
}

/**
 * Of a process, as it was started (proc_pid_environ(5)). The number may be of a process elsewhere, when the data directory is a
 * container's; so it counts only for one that runs on this very directory.
 */
async function environmentOf(pid: number, dataDir: string): Promise<NodeJS.ProcessEnv | undefined> {
  try {
    const [text, folder] = await Promise.all([
      readFile(`/proc/${pid}/environ`, 'utf8'),
      readlink(`/proc/${pid}/cwd`),
    ]);
    const environment = parse(text);
    const own = resolve(folder, environment['WAYBILL_DATA_DIR'] ?? './data');
    return (await realpath(own)) === (await realpath(dataDir)) ? environment : undefined;
  } catch {
    return undefined;
  }
}

function parse(environ: string): NodeJS.ProcessEnv {
  const variables = environ.split('\0').filter((each) => each.includes('='));
  return Object.fromEntries(
    variables.map((each) => {
      const at = each.indexOf('=');
      return [each.slice(0, at), each.slice(at + 1)];
    }),
  );
}
