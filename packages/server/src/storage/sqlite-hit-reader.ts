import { rmSync, statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Hit, LoggedHit } from '../tracking/tracking.ts';

/** The log of Waybill 0.1, which later versions read to its end and never write. */
export const SQLITE_LOG_FILE = 'hits.db';

/** SQLite's plain error, here: no such table. */
const SQLITE_ERROR = 1;

interface OpenLog {
  database: DatabaseSync;
  epoch: string;
  /** Device and inode: a restored log is another file under the same name. */
  identity: string;
  after: StatementSync;
}

/** Reads the hit log that was a SQLite database, and removes it once all of it is stored. */
export class SqliteHitReader {
  readonly #file: string;
  #log: OpenLog | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  read(cursors: ReadonlyMap<string, number>, limit: number): LoggedHit[] {
    try {
      const log = this.#open();
      if (log === undefined) return [];
      const rows = log.after.all(cursors.get(log.epoch) ?? 0, limit) as { seq: number; hit: string }[];
      return rows.map(({ seq, hit }) => ({ ...(JSON.parse(hit) as Hit), epoch: log.epoch, seq }));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  backlog(cursors: ReadonlyMap<string, number>): number {
    const log = this.#open();
    return log === undefined ? 0 : Math.max(0, lastSeq(log) - (cursors.get(log.epoch) ?? 0));
  }

  trim(cursors: ReadonlyMap<string, number>): void {
    const log = this.#open();
    if (log === undefined || lastSeq(log) > (cursors.get(log.epoch) ?? 0)) return;
    this.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${this.#file}${suffix}`, { force: true });
  }

  close(): void {
    const log = this.#log;
    this.#log = undefined;
    log?.database.close();
  }

  #open(): OpenLog | undefined {
    const stat = statSync(this.#file, { throwIfNoEntry: false });
    const identity = stat && `${stat.dev}:${stat.ino}`;
    if (this.#log !== undefined && this.#log.identity === identity) return this.#log;
    this.close();
    return (this.#log = identity === undefined ? undefined : openLog(this.#file, identity));
  }
}

function lastSeq({ database }: OpenLog): number {
  const row = database.prepare('SELECT max(seq) AS seq FROM hits').get() as { seq: number | null };
  return row.seq ?? 0;
}

function openLog(file: string, identity: string): OpenLog | undefined {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
  try {
    const meta = database.prepare("SELECT value FROM meta WHERE name = 'epoch'").get() as { value: string };
    const after = database.prepare('SELECT seq, hit FROM hits WHERE seq > ? ORDER BY seq LIMIT ?');
    return { database, epoch: meta.value, identity, after };
  } catch (error) {
    database.close();
    // A crash cut its creation off: there is nothing in it.
    if ((error as { errcode?: number }).errcode === SQLITE_ERROR) return undefined;
    throw error;
  }
}
