import { join } from 'node:path';
import type { HitSource, LoggedHit } from '../tracking/tracking.ts';
import type { HitSourceRequest, HitSourceWorkerData } from './hit-source-worker.ts';
import { HIT_LOG_FILE } from './local-hit-log.ts';
import { WorkerThread } from './worker-thread.ts';

/** The back end's end of the local hit log: reads the edge's file, whether the edge runs or not. */
export class LocalHitSource implements HitSource {
  readonly #thread: WorkerThread<HitSourceRequest, LoggedHit[]>;

  /** @param directory where {@link openLocalHitLog} keeps the log; it need not exist yet */
  constructor(directory: string) {
    const data: HitSourceWorkerData = { hitSourceFile: join(directory, HIT_LOG_FILE) };
    this.#thread = new WorkerThread(new URL('./hit-source-worker.ts', import.meta.url), data);
  }

  read(cursors: ReadonlyMap<string, number>, limit: number): Promise<LoggedHit[]> {
    return this.#thread.call({ cursors, limit });
  }

  close(): Promise<void> {
    return this.#thread.end();
  }
}
