import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Hit, HitLog, HitLogStatus } from '../tracking/tracking.ts';
import type { HitLogRequest, HitLogWorkerData } from './hit-log-worker.ts';
import { WorkerThread } from './worker-thread.ts';

export const HIT_LOG_FILE = 'hits.db';
/** Hits of one transaction; more wait for the next. */
const LARGEST_BATCH = 2_000;
/** About 50 MB: a disk that does not keep up must not take all memory. */
const MOST_WAITING = 100_000;
/** A reader does not wait longer than this for a disk that hangs. */
const PATIENCE_MS = 5_000;
const PROBE_EVERY_MS = 1_000;

/** Hits that become durable, or do not, together. */
interface Batch {
  hits: string[];
  done: PromiseWithResolvers<void>;
}

/**
 * The hit log on SQLite, `synchronous=FULL`, behind a worker thread. Group commit: while one batch is being
 * committed the next one gathers, so a lone hit waits for one fsync and a crowd shares them.
 */
export class LocalHitLog implements HitLog {
  readonly #thread: WorkerThread<HitLogRequest, void>;
  readonly #logger: Logger;
  #batches: Batch[] = [];
  #waiting = 0;
  #commits = 0;
  #ready = true;
  #stalled = false;
  #closed = false;
  #committing: Promise<void> | undefined;
  #probe: NodeJS.Timeout | undefined;

  constructor(directory: string, logger: Logger) {
    const data: HitLogWorkerData = { hitLogFile: join(directory, HIT_LOG_FILE) };
    this.#thread = new WorkerThread(new URL('./hit-log-worker.ts', import.meta.url), data);
    this.#logger = logger;
  }

  append(hit: Hit): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the hit log is closed'));
    if (this.#stalled || this.#waiting >= MOST_WAITING) {
      return Promise.reject(new AppError('unavailable', 'the disk of the hit log does not keep up'));
    }
    let batch = this.#batches.at(-1);
    if (batch === undefined || batch.hits.length >= LARGEST_BATCH) {
      batch = { hits: [], done: Promise.withResolvers<void>() };
      this.#batches.push(batch);
    }
    batch.hits.push(JSON.stringify(hit));
    this.#waiting += 1;
    this.#committing ??= this.#commitAll();
    return batch.done.promise;
  }

  async trim(epoch: string, upToSeq: number): Promise<void> {
    await this.#thread.call({ type: 'trim', epoch, upToSeq });
  }

  status(): HitLogStatus {
    return { ready: this.#ready && !this.#stalled, commits: this.#commits };
  }

  /** Opens the file, so that trouble shows at the start; a log that cannot be opened is tried again. */
  async warmUp(): Promise<void> {
    await this.#thread.call({ type: 'probe' }).catch((error: unknown) => this.#failed(error));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#probe);
    await this.#committing;
    await this.#thread.end();
  }

  async #commitAll(): Promise<void> {
    // Requests that arrived in the same turn of the event loop belong to the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      this.#waiting -= batch.hits.length;
      await this.#commit(batch);
    }
    this.#committing = undefined;
  }

  async #commit({ hits, done }: Batch): Promise<void> {
    const patience = setTimeout(() => this.#stall(done), PATIENCE_MS);
    try {
      await this.#thread.call({ type: 'append', hits });
      this.#commits += 1;
      this.#succeeded();
      done.resolve();
    } catch (error) {
      this.#failed(error);
      done.reject(error);
    } finally {
      clearTimeout(patience);
      this.#stalled = false;
    }
  }

  /** What waits is given up for the readers' sake. What the thread has in hand may still become durable. */
  #stall(current: PromiseWithResolvers<void>): void {
    this.#stalled = true;
    const error = new AppError('unavailable', 'the disk of the hit log hangs');
    const waiting = this.#batches.splice(0);
    this.#waiting = 0;
    for (const { reject } of [current, ...waiting.map(({ done }) => done)]) reject(error);
  }

  #succeeded(): void {
    this.#ready = true;
    clearTimeout(this.#probe);
    this.#probe = undefined;
  }

  /** Without hits (a load balancer may have taken them elsewhere) only a probe finds out that all is well again. */
  #failed(error: unknown): void {
    if (this.#ready) this.#logger.error({ err: error }, 'the hit log cannot be written');
    this.#ready = false;
    if (this.#closed) return;
    this.#probe ??= setTimeout(() => {
      this.#probe = undefined;
      this.#thread.call({ type: 'probe' }).then(
        () => this.#succeeded(),
        (again: unknown) => this.#failed(again),
      );
    }, PROBE_EVERY_MS).unref();
  }
}

/**
 * @param options.directory is created when missing
 * @throws the system's error when the directory cannot be made. A log that cannot be opened in it throws nothing:
 *   images and links must work with a full disk, too; its status is not ready until it can
 */
export async function openLocalHitLog(options: { directory: string; logger: Logger }): Promise<LocalHitLog> {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const log = new LocalHitLog(options.directory, options.logger);
  await log.warmUp();
  return log;
}
