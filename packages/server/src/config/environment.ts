import { resolve } from 'node:path';

/** `WAYBILL_DATA_DIR`, when nobody has set it. */
export const DEFAULT_DATA_DIR = './data';

/**
 * For the server's own processes. With a place for compiled code from their first moment on, neither they nor their threads
 * have to load what reads TypeScript (12 to 20 MB each); and of glibc's memory two pools are enough, where each thread would
 * get one of its own.
 */
export function childEnvironment(
  compiledCode: string,
  environment: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  return { NODE_COMPILE_CACHE: compiledCode, MALLOC_ARENA_MAX: '2', ...environment };
}

/** What the command line needs, read without the schema of the server's settings (see `loadConfig`): that takes its time to load. */
export function loadCliSettings(environment: NodeJS.ProcessEnv = process.env): {
  url?: string;
  apiKey?: string;
  dataDir: string;
  cwd: string;
  noColor: boolean;
} {
  const { WAYBILL_URL: url, WAYBILL_API_KEY: apiKey, WAYBILL_DATA_DIR: dataDir } = environment;
  return {
    ...(url === undefined || url === '' ? {} : { url }),
    ...(apiKey === undefined || apiKey === '' ? {} : { apiKey }),
    dataDir: resolve(dataDir === undefined || dataDir === '' ? DEFAULT_DATA_DIR : dataDir),
    // npm's name for the directory that `npm run` was called in.
    cwd: environment['INIT_CWD'] ?? process.cwd(),
    noColor: (environment['NO_COLOR'] ?? '') !== '',
  };
}
