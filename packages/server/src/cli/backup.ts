import { resolve } from 'node:path';
import { explainFailure } from './connect.ts';
import type { CliIo } from './io.ts';
import { paintFor } from './paint.ts';
import { readArguments, wrongCall, type Usage } from './read-arguments.ts';

const USAGE = {
  command: 'backup',
  options: { json: { type: 'boolean' } },
  text: `Usage: waybill backup DIR|FILE.tgz [--json]

Writes a backup of the data directory (WAYBILL_DATA_DIR), also while the server runs: database, hit logs, keys,
certificates. All that was answered or accepted before it began is in it. The target must not exist, or be an empty
directory. It holds the keys and everybody's mail: keep it as you keep the data directory. To be run on the server's
machine with its settings. "waybill restore" reads it; docs/backup.md says more.

  --json    one JSON object instead
`,
} as const satisfies Usage;

/** What a backup holds. */
export interface Backup {
  startedAt: string;
  database: 'sqlite' | 'postgres';
  schema: string | null;
  hasMasterKeys: boolean;
  files: readonly { path: string; sizeBytes: number }[];
}

export interface BackupDependencies {
  write(target: string): Promise<{
    manifest: Backup;
    sizeBytes: number;
    counts?: { messages: number; hits: number; queued: number };
  }>;
}

/** `waybill backup`: works on the files of this machine, beside a server that may be running. */
export async function run(args: string[], io: CliIo, { write }: BackupDependencies): Promise<number> {
  const parsed = readArguments(USAGE, args, io);
  if (typeof parsed === 'number') return parsed;
  const { values, positionals } = parsed;
  const [target, ...more] = positionals;
  if (target === undefined || more.length > 0) return wrongCall('backup', 'Where to? One place.', io);
  try {
    const path = resolve(io.env.cwd, target);
    const summary = await write(path);
    if (values.json === true) {
      const { manifest, sizeBytes, counts } = summary;
      io.stdout.write(`${JSON.stringify({ path, sizeBytes, ...manifest, counts })}\n`);
    } else tell(path, summary, io);
    return 0;
  } catch (error) {
    explainFailure('backup', error, io.stderr);
    return 1;
  }
}

function tell(
  path: string,
  { manifest, sizeBytes, counts }: Awaited<ReturnType<BackupDependencies['write']>>,
  io: CliIo,
): void {
  const paint = paintFor(io);
  const logs = manifest.files.filter(({ path: name }) => name.startsWith('hits/'));
  const lines = [
    `${paint.strong('Backed up')} ${io.env.dataDir} to ${paint.strong(path)} (${megabytes(sizeBytes)}, ${manifest.files.length} files)`,
    '',
  ];
  if (counts !== undefined) {
    const { messages, hits, queued } = counts;
    lines.push(
      row('database', `${count(messages, 'message')}, ${count(hits, 'hit')}, ${queued} in the mail queue`),
    );
  }
  lines.push(row('hit logs', `${count(logs.length, 'file')}, ${megabytes(sum(logs))}`));
  lines.push(
    row('keys', manifest.hasMasterKeys ? 'all that sign links' : 'those that sign links are NOT in it'),
  );
  if (!manifest.hasMasterKeys) {
    lines.push(
      '',
      paint.trouble('! WAYBILL_MASTER_KEYS holds the keys: keep them elsewhere, or all links break.'),
    );
  }
  if (manifest.database === 'postgres') {
    lines.push(
      '',
      paint.trouble('! The database is PostgreSQL and is not in it. Back it up now, after this:'),
      '    pg_dump --format=custom --file=waybill.dump "$WAYBILL_DATABASE_URL"',
    );
  }
  lines.push('', 'It holds keys and mail: keep it as safe as the data directory.', '');
  io.stdout.write(lines.join('\n'));
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(10)}${text}`;
}

function count(number: number, word: string): string {
  return `${number.toLocaleString('en')} ${word}${number === 1 ? '' : 's'}`;
}

function sum(files: readonly { sizeBytes: number }[]): number {
  return files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
}

function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
