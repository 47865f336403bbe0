import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { HitSource, LoggedHit } from '../tracking/tracking.ts';
import type { HitSourceReply, HitSourceRequest } from './hit-source-worker.ts';
import { HIT_LOG_FILE } from './local-hit-log.ts';

/** The back end's end of the local hit log: reads the edge's file, whether the edge runs or not. */
export class LocalHitSource implements HitSource {
  readonly #file: string;
  readonly #calls = new Map<number, { resolve: (hits: LoggedHit[]) => void; reject: (error: Error) => void }>();
  #worker: Worker | undefined;
  #nextId = 1;

  /** @param directory where {@link openLocalHitLog} keeps the log; it need not exist yet */
  constructor(directory: string) {
    this.#file = join(directory, HIT_LOG_FILE);
  }

  read(cursors: ReadonlyMap<string, number>, limit: number): Promise<LoggedHit[]> {
    return this.#call({ cursors, limit });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    await this.#call({ close: true }).catch(() => {});
    await ended;
  }

  #call(
    request: { cursors: ReadonlyMap<string, number>; limit: number } | { close: true },
  ): Promise<LoggedHit[]> {
    const worker = (this.#worker ??= this.#start());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      worker.postMessage({ ...request, id } satisfies HitSourceRequest);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./hit-source-worker.ts', import.meta.url), {
      workerData: { hitSourceFile: this.#file },
    });
    worker.on('message', ({ id, hits, error }: HitSourceReply) => {
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      if (error === undefined) call?.resolve(hits ?? []);
      else call?.reject(new Error(`the hit log could not be read: ${error}`));
    });
    const ended = (error: unknown): void => {
      if (this.#worker === worker) this.#worker = undefined;
      const calls = [...this.#calls.values()];
      this.#calls.clear();
      for (const { reject } of calls) {
        reject(error instanceof Error ? error : new Error('the hit log’s reading thread ended'));
      }
    };
    worker.on('error', ended);
    worker.on('exit', ended);
    return worker;
  }
}
