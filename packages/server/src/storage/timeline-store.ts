import type { Clock } from '../kernel/clock.ts';
import type { DeliveryId } from '../kernel/ids.ts';
import {
  SENDER_ADDRESS_MS,
  type TimelineSnapshot,
  type TimelineStore,
  type TimelineWant,
  type TimelineWork,
  type TransactionPart,
} from '../messages/messages.ts';
import type { Engine } from './engine.ts';
import { isStale, runStatements, statementsOf, transact } from './statements.ts';
import { snapshotStatements, toSnapshot } from './timeline-reads.ts';
import { onlyAdds, seenStatements, timelineStatements } from './timeline-writes.ts';

export class KyselyTimelineStore implements TimelineStore {
  readonly #engine: Engine;
  readonly #clock: Clock;

  constructor(engine: Engine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  async cursors(): Promise<Map<string, number>> {
    const rows = await this.#engine.db.selectFrom('cursors').selectAll().execute();
    return new Map(rows.map(({ epoch, seq }) => [epoch, seq]));
  }

  async transact(
    want: TimelineWant,
    decide: (snapshot: TimelineSnapshot) => TimelineWork,
    along?: TransactionPart,
  ): Promise<void> {
    if (this.#engine.name === 'sqlite' && (await this.#transactOnSeen(want, decide, along))) return;
    await this.#engine.db.transaction().execute(async (tx) => {
      const snapshot = toSnapshot(await runStatements(tx, this.#reads(want)));
      const work = decide(snapshot);
      await runStatements(tx, [...timelineStatements(work, this.#clock()), ...statementsOf(along)]);
    });
  }

  async dueForSettling(now: number, limit: number): Promise<DeliveryId[]> {
    const rows = await this.#engine.db
      .selectFrom('deliveries')
      .select('id')
      .where('settle_at', '<=', now)
      .orderBy('settle_at')
      .limit(limit)
      .execute();
    return rows.map(({ id }) => id as DeliveryId);
  }

  /**
   * Reads, decides, and writes if the deliveries are still what was read: two messages to SQLite's thread, and nobody
   * waits while the decision is made. For what only adds to timelines, as the relay does for each mail.
   * @returns false when nothing was written
   */
  async #transactOnSeen(
    want: TimelineWant,
    decide: (snapshot: TimelineSnapshot) => TimelineWork,
    along: TransactionPart | undefined,
  ): Promise<boolean> {
    // What is read for new hits is decided on once, and always written.
    if (want.messageIds.length > 0 || want.newHits !== undefined) return false;
    const { db } = this.#engine;
    // Nothing is written yet that would have to be on the disk.
    const snapshot = toSnapshot(await transact(db, this.#reads(want), 'process'));
    const work = decide(snapshot);
    if (!onlyAdds(work)) return false;
    try {
      const statements = [
        ...seenStatements(work, snapshot.deliveries, this.#clock()),
        ...statementsOf(along),
      ];
      await transact(db, statements, along === undefined ? 'disk' : 'process');
      return true;
    } catch (error) {
      if (isStale(error)) return false;
      throw error;
    }
  }

  #reads(want: TimelineWant) {
    return snapshotStatements(this.#engine.name, want, this.#clock() - SENDER_ADDRESS_MS);
  }
}
