import { sql, type SqlBool } from 'kysely';
import { deleteOldest } from './aged-rows.ts';
import type { Engine } from './engine.ts';

/** Forgets what is over, on either engine. Both delete the oldest first and say how many there were, at most `limit`. */
export class KyselyQueuePurgeStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Copies that are done with, whatever became of them. Their deliveries' timelines stay. */
  deleteDone(finishedBefore: number, limit: number): Promise<number> {
    // The state is a literal, so that the index of done rows will do.
    const condition = sql<SqlBool>`state = 'done' and finished_at < ${finishedBefore}`;
    return deleteOldest(this.#engine, 'queue', { age: 'finished_at', condition, limit });
  }

  /** Mails in the demo inbox. */
  deleteCaptured(capturedBefore: number, limit: number): Promise<number> {
    const condition = sql<SqlBool>`captured_at < ${capturedBefore}`;
    return deleteOldest(this.#engine, 'captured', { age: 'captured_at', condition, limit });
  }
}
