import type { Logger } from '../kernel/logger.ts';
import type { HitSource, LoggedHit } from '../tracking/tracking.ts';
import type { HitSourceReply, HitSourceRequest, HitSourceWorkerData } from './hit-source-worker.ts';
import { WorkerThread } from './worker-thread.ts';

/** The back end's end of the local hit logs: reads the listeners' files, whether they run or not. */
export class LocalHitSource implements HitSource {
  readonly #thread: WorkerThread<HitSourceRequest, HitSourceReply>;
  readonly #logger: Logger;

  /**
   * @param directory where {@link openLocalHitLog} keeps the logs; it need not exist yet
   * @param listeners so many write there, those of lower numbers
   */
  constructor(directory: string, logger: Logger, listeners = 1) {
    const data: HitSourceWorkerData = { hitSourceDirectory: directory, listeners };
    this.#thread = new WorkerThread(new URL('./hit-source-worker.ts', import.meta.url), data);
    this.#logger = logger;
  }

  async read(cursors: ReadonlyMap<string, number>, limit: number): Promise<LoggedHit[]> {
    return (await this.#call({ type: 'read', cursors, limit })).hits;
  }

  async backlog(cursors: ReadonlyMap<string, number>): Promise<number> {
    return (await this.#call({ type: 'backlog', cursors })).backlog;
  }

  async trim(cursors: ReadonlyMap<string, number>): Promise<void> {
    await this.#call({ type: 'trim', cursors });
  }

  close(): Promise<void> {
    return this.#thread.end();
  }

  async #call(request: HitSourceRequest): Promise<HitSourceReply> {
    const reply = await this.#thread.call(request);
    for (const sentence of reply.notices)
      this.#logger.error({ trouble: sentence }, 'the hit log was damaged');
    return reply;
  }
}
