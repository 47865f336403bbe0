import { sql, type SqlBool } from 'kysely';
import type { QueuePurgeStore } from '../relay/relay.ts';
import type { Engine } from './engine.ts';

/** Forgets what is over, on either engine. */
export class KyselyQueuePurgeStore implements QueuePurgeStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async deleteDone(finishedBefore: number, limit: number): Promise<number> {
    const { numDeletedRows } = await this.#engine.db
      .deleteFrom('queue')
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('queue')
          .select('id')
          // A literal, so that the index of done rows will do.
          .where(sql<SqlBool>`state = 'done'`)
          .where('finished_at', '<', finishedBefore)
          .orderBy('finished_at')
          .limit(limit),
      )
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  async deleteCaptured(capturedBefore: number, limit: number): Promise<number> {
    const { numDeletedRows } = await this.#engine.db
      .deleteFrom('captured')
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('captured')
          .select('id')
          .where('captured_at', '<', capturedBefore)
          .orderBy('captured_at')
          .limit(limit),
      )
      .executeTakeFirst();
    return Number(numDeletedRows);
  }
}
