import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../cli/doctor/finding.ts';
import type { Config } from '../config/load.ts';
import { AppError } from '../kernel/errors.ts';
import { postgresVersion } from '../storage/ask-postgres.ts';
import { refuseNewerSchema } from '../storage/schema-check.ts';

const TOPIC = 'database';
const OLDEST_POSTGRES = 15;

/** Whether the database can be used, without opening it as a server would: that might bring it up to date. */
export async function checkDatabase({
  database,
  dataDir,
}: Pick<Config, 'database' | 'dataDir'>): Promise<Finding[]> {
  if (database.engine === 'postgres') return [await ofPostgres(database.url)];
  const file = join(dataDir, 'waybill.db');
  if (!existsSync(file)) return [];
  try {
    refuseNewerSchema(file);
    return [{ topic: TOPIC, level: 'ok', text: 'SQLite, in the data directory' }];
  } catch (error) {
    const text = `${file} cannot be used: ${sentence(error)}`;
    const advice =
      error instanceof AppError
        ? 'Run the version that was there before, or restore the backup that was made before it (docs/backup.md).'
        : 'If the file is damaged, restore a backup (docs/backup.md).';
    return [{ topic: TOPIC, level: 'problem', text, advice }];
  }
}

async function ofPostgres(url: string): Promise<Finding> {
  const { host, pathname } = new URL(url);
  const place = `${host}${pathname}`;
  try {
    const version = await postgresVersion(url);
    const text = `PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000} at ${place}`;
    if (version >= OLDEST_POSTGRES * 10_000) return { topic: TOPIC, level: 'ok', text };
    return {
      topic: TOPIC,
      level: 'problem',
      text: `${text} is too old`,
      advice: `Waybill needs PostgreSQL ${OLDEST_POSTGRES} or newer.`,
    };
  } catch (error) {
    return {
      topic: TOPIC,
      level: 'problem',
      text: `${place} cannot be used: ${sentence(error)}`,
      advice:
        'Mend WAYBILL_DATABASE_URL or that server. A Waybill that runs goes on answering and recording images and links, and puts mail off; one that starts now does not come up.',
    };
  }
}

/** Several addresses that all failed have no message of their own. */
function sentence(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  const text = message === '' ? (code ?? 'it does not answer') : message;
  return text.replaceAll(/\s*\n\s*/g, ' ').replace(/\.$/, '');
}
