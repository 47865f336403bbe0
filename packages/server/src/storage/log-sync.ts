import { closeSync, fdatasync, openSync } from 'node:fs';

/** Takes the data of a file to the disk. @throws CannotOpen */
type SyncFile = (path: string) => Promise<void>;

/** A second one takes what came behind the first while that is still on its way to the disk. */
const MOST_AT_ONCE = 2;

/** Nothing was tried: no file descriptor is left, for one. */
export class CannotOpen extends Error {}

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
  readonly #commit: () => Promise<unknown>;
  readonly #syncFile: SyncFile;
  readonly #running = new Set<Promise<void>>();
  #next: Promise<void> | undefined;

  /**
   * @param database path of its file
   * @param commit makes a commit that SQLite itself takes to the disk, and with it all before; for when we cannot
   */
  constructor(database: string, commit: () => Promise<unknown>, syncFile: SyncFile = syncData) {
    this.#path = `${database}-wal`;
    this.#commit = commit;
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
      await this.#syncFile(this.#path);
    } catch (error) {
      // After a sync that failed, the next one would claim success for what is lost.
      if (!(error instanceof CannotOpen)) throw error;
      await this.#commit();
    }
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
