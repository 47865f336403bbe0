import { existsSync, mkdirSync } from 'node:fs';
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
    const opened = new DatabaseSync(pathOf(dataDir, name), { timeout: waitMs });
    database = opened;
    opened.exec(TAKE);
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

/** Whether some process holds that lock now. */
export function isDataDirLocked(dataDir: string, name: string): boolean {
  const path = pathOf(dataDir, name);
  if (!existsSync(path)) return false;
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec(TAKE);
    return false;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return true;
    throw error;
  } finally {
    database.close();
  }
}

const TAKE = 'PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE';

function pathOf(dataDir: string, name: string): string {
  return join(dataDir, 'run', `${name}.lock`);
}
