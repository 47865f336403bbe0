import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../kernel/errors.ts';

/**
 * Takes a lock that ends with the process, however it ends (the operating system drops SQLite's file lock).
 * Call it before any socket is served: it blocks while it waits.
 * @param name what is locked, e.g. `back-end`
 * @param waitMs how long a former holder may take to go
 * @returns a function that gives the lock back
 * @throws AppError `conflict` when another process keeps it
 */
export function lockDataDir(dataDir: string, name: string, waitMs: number): () => void {
  const directory = join(dataDir, 'run');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(directory, `${name}.lock`), { timeout: waitMs });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new AppError(
      'conflict',
      `Another Waybill is running on the data directory ${dataDir}. Stop it first, or give this one its own WAYBILL_DATA_DIR.`,
      { cause: error },
    );
  }
  return () => database.close();
}
