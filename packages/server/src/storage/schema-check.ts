import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { refuseUnknown } from './migrate.ts';

/** SQLite's plain error, here: no such table. */
const SQLITE_ERROR = 1;

/**
 * Looks whether a newer program has been at the embedded database, before any process of ours touches the data
 * directory. To be called before sockets are served: it reads on the calling thread.
 * @throws AppError `misconfigured`
 */
export function refuseNewerSchema(file: string): void {
  if (!existsSync(file)) return;
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    const rows = database.prepare('select name from kysely_migration').all() as { name: string }[];
    refuseUnknown(rows.map(({ name }) => name));
  } catch (error) {
    // Not set up yet.
    if ((error as { errcode?: number }).errcode !== SQLITE_ERROR) throw error;
  } finally {
    database.close();
  }
}
