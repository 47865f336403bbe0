import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Logger } from '../kernel/logger.ts';
import type { Hit, HitLog } from '../tracking/tracking.ts';
import type { HitLogReply, HitLogRequest } from './hit-log-worker.ts';

export const HIT_LOG_FILE = 'hits.db';
/** Hits of one transaction; more wait for the next. */
const LARGEST_BATCH = 2_000;

interface Waiting {
  hit: string;
  resolve: () => void;
  reject: (error: Error) => void;
}

/**
 * The hit log on SQLite, `synchronous=FULL`, behind a worker thread. Group commit: while one batch is being
 * committed the next one gathers, so a lone hit waits for one fsync and a crowd shares them.
 */
export class LocalHitLog implements HitLog {
  readonly #file: string;
  readonly #logger: Logger;
  readonly #calls = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  #worker: Worker | undefined;
  #waiting: Waiting[] = [];
  #committing = false;
  #nextId = 1;
  #closed = false;

  private constructor(file: string, logger: Logger) {
    this.#file = file;
    this.#logger = logger;
  }

  static async open(directory: string, logger: Logger): Promise<LocalHitLog> {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const log = new LocalHitLog(join(directory, HIT_LOG_FILE), logger);
    await log.#startWorker();
    return log;
  }

  append(hit: Hit): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the hit log is closed'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ hit: JSON.stringify(hit), resolve, reject });
      if (!this.#committing) void this.#commitAll();
    });
  }

  async trim(epoch: string, upToSeq: number): Promise<void> {
    await this.#call({ type: 'trim', epoch, upToSeq });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    while (this.#committing) await new Promise((resolve) => setImmediate(resolve));
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    await this.#call({ type: 'close' }).catch(() => {});
    await ended;
  }

  async #commitAll(): Promise<void> {
    this.#committing = true;
    // Requests that arrived in the same turn of the event loop belong to the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, LARGEST_BATCH);
      try {
        await this.#call({ type: 'append', hits: batch.map(({ hit }) => hit) });
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error as Error);
      }
    }
    this.#committing = false;
  }

  async #call(
    request: { type: 'append'; hits: string[] } | { type: 'trim'; epoch: string; upToSeq: number } | { type: 'close' },
  ): Promise<void> {
    // After a crash of the thread the log opens itself again with the next call.
    if (this.#worker === undefined) await this.#startWorker();
    const id = this.#nextId++;
    await new Promise<void>((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#worker?.postMessage({ ...request, id } satisfies HitLogRequest);
    });
  }

  async #startWorker(): Promise<void> {
    const worker = new Worker(new URL('./hit-log-worker.ts', import.meta.url), {
      workerData: { hitLogFile: this.#file },
    });
    this.#worker = worker;
    const ready = new Promise<void>((resolve, reject) => this.#calls.set(0, { resolve, reject }));
    worker.on('message', ({ id, error }: HitLogReply) => {
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      if (error === undefined) call?.resolve();
      else call?.reject(new Error(`the hit log could not be written: ${error}`));
    });
    worker.on('error', (error: unknown) => this.#logger.error({ err: error }, 'the hit log’s thread failed'));
    worker.on('exit', () => {
      this.#worker = undefined;
      const calls = [...this.#calls.values()];
      this.#calls.clear();
      for (const { reject } of calls) reject(new Error('the hit log’s thread ended'));
    });
    await ready;
  }
}

/** @param options.directory is created when missing */
export function openLocalHitLog(options: { directory: string; logger: Logger }): Promise<LocalHitLog> {
  return LocalHitLog.open(options.directory, options.logger);
}
