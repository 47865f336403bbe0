/** Worker thread of the back end that reads the local hit log, which another process writes. */
import { existsSync, statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { Hit, LoggedHit } from '../tracking/tracking.ts';

export interface HitSourceWorkerData {
  hitSourceFile: string;
}
export type HitSourceRequest =
  { id: number; cursors: ReadonlyMap<string, number>; limit: number } | { id: number; close: true };
export type HitSourceReply = { id: number; hits?: LoggedHit[]; error?: string };

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

  read(cursors: ReadonlyMap<string, number>, limit: number): LoggedHit[] {
    const log = this.#open();
    if (log === undefined) return [];
    const rows = log.after.all(cursors.get(log.epoch) ?? 0, limit) as { seq: number; hit: string }[];
    return rows.map(({ seq, hit }) => ({ ...(JSON.parse(hit) as Hit), epoch: log.epoch, seq }));
  }

  close(): void {
    this.#log?.database.close();
    this.#log = undefined;
  }

  #open(): OpenLog | undefined {
    if (!existsSync(this.#file)) {
      this.close();
      return undefined;
    }
    const { dev, ino } = statSync(this.#file);
    const identity = `${dev}:${ino}`;
    if (this.#log?.identity === identity) return this.#log;
    this.close();
    const database = new DatabaseSync(this.#file, { readOnly: true, timeout: 10_000 });
    try {
      const meta = database.prepare("SELECT value FROM meta WHERE name = 'epoch'").get() as
        { value: string } | undefined;
      if (meta === undefined) throw new Error('no epoch yet');
      const after = database.prepare('SELECT seq, hit FROM hits WHERE seq > ? ORDER BY seq LIMIT ?');
      this.#log = { database, epoch: meta.value, identity, after };
      return this.#log;
    } catch {
      // The edge is just creating it: the tables come with its first transactions.
      database.close();
      return undefined;
    }
  }
}

function serve(port: NonNullable<typeof parentPort>, file: string): void {
  const reader = new LogReader(file);
  port.on('message', (request: HitSourceRequest) => {
    if ('close' in request) {
      reader.close();
      port.postMessage({ id: request.id } satisfies HitSourceReply);
      port.close();
      return;
    }
    try {
      const hits = reader.read(request.cursors, request.limit);
      port.postMessage({ id: request.id, hits } satisfies HitSourceReply);
    } catch (error) {
      reader.close();
      port.postMessage({ id: request.id, error: (error as Error).message } satisfies HitSourceReply);
    }
  });
}

const data = workerData as Partial<HitSourceWorkerData> | null;
if (parentPort !== null && data?.hitSourceFile !== undefined) serve(parentPort, data.hitSourceFile);
