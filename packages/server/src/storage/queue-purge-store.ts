import { sql, type SqlBool } from 'kysely';
import type { QueuePurgeStore } from '../relay/relay.ts';
import { deleteOldest } from './aged-rows.ts';
import type { Engine } from './engine.ts';

/** Forgets what is over, on either engine. */
export class KyselyQueuePurgeStore implements QueuePurgeStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  deleteDone(finishedBefore: number, limit: number): Promise<number> {
    // The state is a literal, so that the index of done rows will do.
    const condition = sql<SqlBool>`state = 'done' and finished_at < ${finishedBefore}`;
    return deleteOldest(this.#engine, 'queue', { age: 'finished_at', condition, limit });
  }

  deleteCaptured(capturedBefore: number, limit: number): Promise<number> {
    const condition = sql<SqlBool>`captured_at < ${capturedBefore}`;
    return deleteOldest(this.#engine, 'captured', { age: 'captured_at', condition, limit });
  }
}
