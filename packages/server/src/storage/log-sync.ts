import { closeSync, fdatasync, openSync } from 'node:fs';

/** Takes the data of a file to the disk. @throws CannotOpen */
export type SyncFile = (path: string) => Promise<void>;

/** A second one takes what came behind the first while that is still on its way to the disk. */
const MOST_AT_ONCE = 2;

/** Nothing was tried: no file descriptor is left, for one. */
export class CannotOpen extends Error {}

/** Ways to the disk of SQLite's own. */
export interface LogSyncOfSqlite {
  /** Makes a commit that SQLite takes to the disk, and with it all before; for when we cannot. */
  commit: () => Promise<unknown>;
  /**
   * Takes all of the log over into the database's file, that to the disk, and begins the log anew. After a sync that failed the
   * system takes what it could not write for written, and the next one claims success
   * (https://wiki.postgresql.org/wiki/Fsync_Errors); what is in memory is right still, and is so written to another place.
   */
  checkpoint: () => Promise<unknown>;
}

/**
 * Takes the commits of an SQLite database to the disk beside the thread that writes it, which goes on meanwhile: they are
 * in one file, the write-ahead log (https://sqlite.org/wal.html#the_wal_file), and SQLite's own way to the disk is an
 * fsync of it. Two may be under way at a time; calls that come meanwhile share the next.
 *
 * A log that is begun anew was taken over before into the database's file, and that file to the disk, by SQLite itself:
 * then there is nothing left to do for what was committed to it.
 */
export class LogSync {
  readonly #path: string;
  readonly #sqlite: LogSyncOfSqlite;
  readonly #syncFile: SyncFile;
  readonly #running = new Set<Promise<void>>();
  #next: Promise<void> | undefined;
  /** A sync has failed: what is behind that place in the log would be lost with it, whatever later syncs say. */
  #isDoubtful = false;

  /** @param database path of its file */
  constructor(database: string, sqlite: LogSyncOfSqlite, syncFile: SyncFile = syncData) {
    this.#path = `${database}-wal`;
    this.#sqlite = sqlite;
    this.#syncFile = syncFile;
  }

  /** Resolves when all that was committed before the call would survive a loss of power. */
  async sync(): Promise<void> {
    // One that is under way may have begun before the commit was written.
    this.#next ??= this.#begin();
    return this.#next;
  }

  async #begin(): Promise<void> {
    // Who calls in the same turn comes along.
    await Promise.resolve();
    while (this.#running.size >= MOST_AT_ONCE) await Promise.race(this.#running);
    // From here on a call is too late for this one.
    this.#next = undefined;
    const work = this.#syncNow();
    const ended = work.catch(() => undefined).then(() => void this.#running.delete(ended));
    this.#running.add(ended);
    return work;
  }

  async #syncNow(): Promise<void> {
    try {
      if (!this.#isDoubtful) await this.#syncFile(this.#path);
    } catch (error) {
      if (error instanceof CannotOpen) {
        await this.#sqlite.commit();
      } else {
        this.#isDoubtful = true;
        throw error;
      }
    }
    // Said by a sync that was under way when another failed, it may be as wrong.
    if (!this.#isDoubtful) return;
    await this.#sqlite.checkpoint();
    this.#isDoubtful = false;
  }
}

/** Opened each time: a log that was removed and made again is another file under the same name. */
async function syncData(path: string): Promise<void> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw new CannotOpen(`${path} cannot be opened`, { cause });
  }
  try {
    await new Promise<void>((resolve, reject) => {
      fdatasync(file, (error) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    closeSync(file);
  }
}
