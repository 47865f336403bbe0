import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../kernel/errors.ts';

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/**
 * Takes a lock that ends with the process, however it ends (the operating system drops SQLite's file lock).
 * Call it before any socket is served: it blocks while it waits.
 * @param name what is locked, e.g. `back-end`
 * @param waitMs how long a former holder may take to go
 * @returns a function that gives the lock back
 * @throws AppError `conflict` when another process keeps it, `misconfigured` when the directory cannot be written to
 */
export function lockDataDir(dataDir: string, name: string, waitMs: number): () => void {
  let database: DatabaseSync | undefined;
  try {
    const directory = join(dataDir, 'run');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const opened = new DatabaseSync(join(directory, `${name}.lock`), { timeout: waitMs });
    database = opened;
    opened.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return () => opened.close();
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) {
      throw new AppError(
        'misconfigured',
        `The data directory ${dataDir} cannot be used: ${(error as Error).message}. Set WAYBILL_DATA_DIR to one that can be written to.`,
        { cause: error },
      );
    }
    throw new AppError(
      'conflict',
      `Another Waybill is running on the data directory ${dataDir}. Stop it first, or give this one its own WAYBILL_DATA_DIR.`,
      { cause: error },
    );
  }
}
