import type { Expression, SelectQueryBuilder, SqlBool } from 'kysely';
import type { Clock } from '../kernel/clock.ts';
import type { DeliveryId } from '../kernel/ids.ts';
import type { RejudgeProgress, RejudgeScope, RejudgeStore } from '../messages/messages.ts';
import { RULES_VERSION } from '../truth/truth.ts';
import type { Engine } from './engine.ts';
import type { Database } from './schema.ts';
import { KyselyTimelineStore } from './timeline-store.ts';
import { PROGRESS } from './timeline-writes.ts';

export class KyselyRejudgeStore extends KyselyTimelineStore implements RejudgeStore {
  readonly #engine: Engine;

  constructor(engine: Engine, clock: Clock) {
    super(engine, clock);
    this.#engine = engine;
  }

  async judgedDeliveries(scope: RejudgeScope, after: string, limit: number): Promise<DeliveryId[]> {
    const rows = await this.#judged(scope, after)
      .select('delivery_id')
      .distinct()
      .orderBy('delivery_id')
      .limit(limit)
      .execute();
    return rows.map(({ delivery_id: id }) => id as DeliveryId);
  }

  async countJudgedDeliveries(scope: RejudgeScope, after: string): Promise<number> {
    const { count } = await this.#judged(scope, after)
      .select((eb) => eb.fn.count<number>('delivery_id').distinct().as('count'))
      .executeTakeFirstOrThrow();
    return count;
  }

  async progress(): Promise<RejudgeProgress | undefined> {
    const row = await this.#engine.db
      .selectFrom('settings')
      .select('value')
      .where('name', '=', PROGRESS)
      .executeTakeFirst();
    return row === undefined ? undefined : (JSON.parse(row.value) as RejudgeProgress);
  }

  async endProgress(): Promise<void> {
    await this.#engine.db.deleteFrom('settings').where('name', '=', PROGRESS).execute();
  }

  /** Events made of raw hits; `day` and `aggregate` keep none. */
  #judged(scope: RejudgeScope, after: string): SelectQueryBuilder<Database, 'events', object> {
    return this.#engine.db
      .selectFrom('events')
      .where('delivery_id', '>', after)
      .where('source', 'like', 'hit:%')
      .where((eb): Expression<SqlBool> => {
        switch (scope.kind) {
          case 'older-rules':
            return eb('rules_version', '<', RULES_VERSION);
          case 'since-rules':
            return eb('rules_version', '>=', scope.version);
          case 'since-time':
            return eb('at', '>=', scope.at);
        }
      });
  }
}
