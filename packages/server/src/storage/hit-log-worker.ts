/** Worker thread of the local hit log: one transaction, and so one fsync, for each batch. */
import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

export interface HitLogWorkerData {
  hitLogFile: string;
}
export type HitLogRequest =
  | { type: 'append'; id: number; hits: readonly string[] }
  | { type: 'trim'; id: number; epoch: string; upToSeq: number }
  | { type: 'close'; id: number };
export type HitLogReply = { id: number; error?: string };

/** Rows deleted at once, so that trimming never holds appends for long. */
const TRIM_ROWS = 5_000;

function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS hits (seq INTEGER PRIMARY KEY AUTOINCREMENT, hit TEXT NOT NULL);
  `);
  database
    .prepare("INSERT INTO meta (name, value) VALUES ('epoch', ?) ON CONFLICT (name) DO NOTHING")
    .run(randomBytes(8).toString('hex'));
  return database;
}

function serve(port: NonNullable<typeof parentPort>, file: string): void {
  const database = open(file);
  const insert = database.prepare('INSERT INTO hits (hit) VALUES (?)');
  const { value: epoch } = database.prepare("SELECT value FROM meta WHERE name = 'epoch'").get() as {
    value: string;
  };

  const append = (hits: readonly string[]): void => {
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const hit of hits) insert.run(hit);
      database.exec('COMMIT');
    } catch (error) {
      // A failed COMMIT on a full disk leaves the transaction open or rolled back, depending on where it failed.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };

  /** AUTOINCREMENT never gives a number twice, also when the newest rows are gone. */
  const trim = (of: string, upToSeq: number): void => {
    if (of !== epoch) return;
    const rows = database.prepare(
      'DELETE FROM hits WHERE seq IN (SELECT seq FROM hits WHERE seq <= ? ORDER BY seq LIMIT ?)',
    );
    while (Number(rows.run(upToSeq, TRIM_ROWS).changes) === TRIM_ROWS);
  };

  port.on('message', (request: HitLogRequest) => {
    const reply: HitLogReply = { id: request.id };
    try {
      if (request.type === 'append') append(request.hits);
      else if (request.type === 'trim') trim(request.epoch, request.upToSeq);
      else database.close();
    } catch (error) {
      reply.error = (error as Error).message;
    }
    port.postMessage(reply);
    if (request.type === 'close') port.close();
  });
  port.postMessage({ id: 0 } satisfies HitLogReply);
}

const data = workerData as Partial<HitLogWorkerData> | null;
if (parentPort !== null && data?.hitLogFile !== undefined) serve(parentPort, data.hitLogFile);
