/** Worker thread of the back end that reads the local hit log, which another process writes. */
import { statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { Hit, LoggedHit } from '../tracking/tracking.ts';
import { answerCalls } from './worker-thread.ts';

export interface HitSourceWorkerData {
  hitSourceFile: string;
}
export interface HitSourceRequest {
  cursors: ReadonlyMap<string, number>;
  limit: number;
}

/** SQLite's plain error, here: no such table. */
const SQLITE_ERROR = 1;

interface OpenLog {
  database: DatabaseSync;
  epoch: string;
  /** Device and inode: a restored log is another file under the same name. */
  identity: string;
  after: StatementSync;
}

class LogReader {
  readonly #file: string;
  #log: OpenLog | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  read({ cursors, limit }: HitSourceRequest): LoggedHit[] {
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

function openLog(file: string, identity: string): OpenLog | undefined {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
  try {
    const meta = database.prepare("SELECT value FROM meta WHERE name = 'epoch'").get() as { value: string };
    const after = database.prepare('SELECT seq, hit FROM hits WHERE seq > ? ORDER BY seq LIMIT ?');
    return { database, epoch: meta.value, identity, after };
  } catch (error) {
    database.close();
    // The edge is just creating it: tables and epoch come with its first transaction.
    if ((error as { errcode?: number }).errcode === SQLITE_ERROR) return undefined;
    throw error;
  }
}

const data = workerData as Partial<HitSourceWorkerData> | null;
if (parentPort !== null && data?.hitSourceFile !== undefined) {
  const reader = new LogReader(data.hitSourceFile);
  answerCalls<HitSourceRequest, LoggedHit[]>(
    parentPort,
    (request) => reader.read(request),
    () => reader.close(),
  );
}
