/** Worker thread of the local hit log: one transaction, and so one fsync, for each batch. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { answerCalls } from './worker-thread.ts';

export interface HitLogWorkerData {
  hitLogFile: string;
}
export type HitLogRequest =
  | { type: 'append'; hits: readonly string[] }
  | { type: 'trim'; epoch: string; upToSeq: number }
  /** Writes something durable that is no hit. */
  | { type: 'probe' };

/** Rows deleted at once: appends go in between. */
const TRIM_ROWS = 2_000;
/** https://sqlite.org/rescode.html: after these the same connection may succeed next time. */
const PASSING = [/* BUSY */ 5, /* LOCKED */ 6, /* FULL */ 13];
const DAMAGED = [/* CORRUPT */ 11, /* NOTADB */ 26];

interface OpenLog {
  database: DatabaseSync;
  insert: StatementSync;
  epoch: string;
}

/** Opens the file when it is needed, so that whatever failed is tried anew with the next batch. */
class HitLogFile {
  readonly #file: string;
  #log: OpenLog | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  append(hits: readonly string[]): void {
    this.#attempt(({ database, insert }) => {
      database.exec('BEGIN IMMEDIATE');
      for (const hit of hits) insert.run(hit);
      database.exec('COMMIT');
    });
  }

  /** AUTOINCREMENT never gives a number twice, also when the newest rows are gone. */
  async trim(epoch: string, upToSeq: number): Promise<void> {
    let deleted: number;
    do {
      deleted = this.#attempt(({ database, epoch: current }) => {
        if (epoch !== current) return 0;
        const trim =
          'DELETE FROM hits WHERE seq IN (SELECT seq FROM hits WHERE seq <= ? ORDER BY seq LIMIT ?)';
        return Number(database.prepare(trim).run(upToSeq, TRIM_ROWS).changes);
      });
      await nextTurn();
    } while (deleted === TRIM_ROWS && this.#log !== undefined);
  }

  probe(): void {
    this.#attempt(({ database }) =>
      database.exec(
        "INSERT INTO meta VALUES ('probe', hex(randomblob(8))) ON CONFLICT DO UPDATE SET value = excluded.value",
      ),
    );
  }

  close(): void {
    const database = this.#log?.database;
    this.#log = undefined;
    database?.close();
  }

  #attempt<T>(work: (log: OpenLog) => T): T {
    try {
      return work((this.#log ??= openLog(this.#file)));
    } catch (error) {
      const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
      const { database } = this.#log ?? {};
      // A failed COMMIT on a full disk leaves the transaction open or rolled back, depending on where it failed.
      if (PASSING.includes(code) && database !== undefined) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
      // After a failed fsync nobody knows what is on the disk: only a fresh look at the file tells.
      this.#closeQuietly();
      if (DAMAGED.includes(code)) this.#setAside();
      throw error;
    }
  }

  #closeQuietly(): void {
    try {
      this.close();
    } catch {
      // Nothing more can be done for this connection.
    }
  }

  /** The edge must go on: a new log begins, with an epoch of its own, and the damaged one stays for a rescue. */
  #setAside(): void {
    const aside = `${this.#file}.damaged-${Date.now()}`;
    for (const suffix of ['', '-wal', '-shm']) {
      try {
        renameSync(`${this.#file}${suffix}`, `${aside}${suffix}`);
      } catch {
        // Not every log has all three files.
      }
    }
    throw new Error(`the hit log was damaged; it is set aside as ${aside} and a new one begins`);
  }
}

function openLog(file: string): OpenLog {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  try {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA journal_size_limit = 67108864;
      BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS hits (seq INTEGER PRIMARY KEY AUTOINCREMENT, hit TEXT NOT NULL);
    `);
    database
      .prepare("INSERT INTO meta (name, value) VALUES ('epoch', ?) ON CONFLICT (name) DO NOTHING")
      .run(randomBytes(8).toString('hex'));
    database.exec('COMMIT');
    syncDirectory(dirname(file));
    const insert = database.prepare('INSERT INTO hits (hit) VALUES (?)');
    const { value: epoch } = database.prepare("SELECT value FROM meta WHERE name = 'epoch'").get() as {
      value: string;
    };
    return { database, insert, epoch };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A file is durable when its name is. */
function syncDirectory(directory: string): void {
  for (const path of [directory, dirname(directory)]) {
    const handle = openSync(path, 'r');
    fsyncSync(handle);
    closeSync(handle);
  }
}

const data = workerData as Partial<HitLogWorkerData> | null;
if (parentPort !== null && data?.hitLogFile !== undefined) {
  const log = new HitLogFile(data.hitLogFile);
  answerCalls<HitLogRequest, void>(
    parentPort,
    (request) => {
      if (request.type === 'append') return log.append(request.hits);
      return request.type === 'trim' ? log.trim(request.epoch, request.upToSeq) : log.probe();
    },
    () => log.close(),
  );
}
