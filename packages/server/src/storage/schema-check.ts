import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { refuseUnknown } from './known-migrations.ts';

/** SQLite's plain error, here: no such table. */
const SQLITE_ERROR = 1;

/**
 * Looks whether a newer program has been at the embedded database, before any process of ours touches the data
 * directory. To be called before sockets are served: it reads on the calling thread.
 * @throws AppError `misconfigured`
 */
export function refuseNewerSchema(file: string): void {
  if (!existsSync(file)) return;
  const database = new DatabaseSync(untouched(file), { readOnly: true, timeout: 5_000 });
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

/** Without a log to read, not even SQLite's own files beside the database are made (https://sqlite.org/uri.html). */
function untouched(file: string): string | URL {
  if (existsSync(`${file}-wal`)) return file;
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  return url;
}
