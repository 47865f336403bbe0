import { resolve } from 'node:path';
import type { Backup } from './backup.ts';
import { explainFailure } from './connect.ts';
import type { CliIo } from './io.ts';
import { paintFor } from './paint.ts';
import { readArguments, wrongCall, type Usage } from './read-arguments.ts';

const USAGE = {
  command: 'restore',
  options: { json: { type: 'boolean' } },
  text: `Usage: waybill restore DIR|FILE.tgz [--json]

Puts what "waybill backup" wrote into the data directory (WAYBILL_DATA_DIR), which must be empty or not exist: nothing is
overwritten. Every file is checked first. Then start the server; docs/backup.md says what to expect.

  --json    one JSON object instead
`,
} as const satisfies Usage;

export interface RestoreDependencies {
  restore(source: string): Promise<Backup>;
}

/** `waybill restore`: no server may run on the data directory, and none can, since it is empty. */
export async function run(args: string[], io: CliIo, { restore }: RestoreDependencies): Promise<number> {
  const parsed = readArguments(USAGE, args, io);
  if (typeof parsed === 'number') return parsed;
  const { values, positionals } = parsed;
  const [source, ...more] = positionals;
  if (source === undefined || more.length > 0) return wrongCall('restore', 'Which backup? One.', io);
  try {
    const manifest = await restore(resolve(io.env.cwd, source));
    if (values.json === true)
      io.stdout.write(`${JSON.stringify({ dataDir: io.env.dataDir, ...manifest })}\n`);
    else tell(manifest, io);
    return 0;
  } catch (error) {
    explainFailure('restore', error, io.stderr);
    return 1;
  }
}

function tell(manifest: Backup, io: CliIo): void {
  const paint = paintFor(io);
  const lines = [
    `${paint.strong('Restored')} ${manifest.files.length} files to ${paint.strong(io.env.dataDir)}, as they were at ${manifest.startedAt}. All are sound.`,
    '',
  ];
  if (manifest.database === 'postgres') {
    lines.push(
      paint.trouble(
        '! The database is PostgreSQL: restore it by pg_restore from the dump that was made after this backup.',
      ),
    );
  }
  if (!manifest.hasMasterKeys) {
    lines.push(
      paint.trouble('! Set WAYBILL_MASTER_KEYS to the keys of then, or links in mail that is out break.'),
    );
  }
  lines.push(
    'Mail that waited in the queue then is sent when the server starts, also if it was sent since.',
    'Now start the server: npm start, or waybill serve',
    '',
  );
  io.stdout.write(lines.join('\n'));
}
