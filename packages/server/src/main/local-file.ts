import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a server on this machine is, for the command line: `<dataDir>/run/local.json`, mode 0600. */
export interface LocalServer {
  url: string;
  apiKey: string;
  edgeUrl: string;
  smtp: { host: string; port: number } | null;
  smtps: { host: string; port: number } | null;
  filter: { host: string; port: number } | null;
  inbound: { host: string; port: number } | null;
  processes: { supervisor: number; backEnd: number };
}

/** Written whole or not at all. */
export function writeLocalFile(dataDir: string, server: LocalServer): void {
  const directory = join(dataDir, 'run');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const temporary = join(directory, `local.json.${process.pid}`);
  writeFileSync(temporary, `${JSON.stringify(server, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, join(directory, 'local.json'));
}

export function removeLocalFile(dataDir: string): void {
  rmSync(join(dataDir, 'run', 'local.json'), { force: true });
}
