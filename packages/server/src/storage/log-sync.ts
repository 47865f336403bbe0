import { closeSync, fdatasync, openSync } from 'node:fs';

/**
 * Takes the commits of an SQLite database to the disk beside the thread that writes it, which goes on meanwhile: they are
 * in one file, the write-ahead log (https://sqlite.org/wal.html#the_wal_file), and SQLite's own way to the disk is an
 * fsync of it. Calls that come while one is under way share the next.
 *
 * A log that is begun anew was taken over before into the database's file, and that file to the disk, by SQLite itself:
 * then there is nothing left to do for what was committed to it.
 */
export class LogSync {
  readonly #path: string;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param database path of its file */
  constructor(database: string) {
    this.#path = `${database}-wal`;
  }

  /** Resolves when all that was committed before the call would survive a loss of power. */
  async sync(): Promise<void> {
    // One that is under way may have begun before the commit was written.
    this.#next ??= this.#after(this.#running);
    return this.#next;
  }

  async #after(running: Promise<void> | undefined): Promise<void> {
    await running?.catch(() => undefined);
    this.#running = this.#next;
    this.#next = undefined;
    await syncFile(this.#path);
  }
}

/** Opened each time: a log that was removed and made again is another file under the same name. */
async function syncFile(path: string): Promise<void> {
  const file = openSync(path, 'r');
  try {
    await new Promise<void>((resolve, reject) => {
      fdatasync(file, (error) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    closeSync(file);
  }
}
