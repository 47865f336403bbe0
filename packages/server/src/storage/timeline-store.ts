import { sql } from 'kysely';
import type { Clock } from '../kernel/clock.ts';
import type { DeliveryId } from '../kernel/ids.ts';
import {
  SENDER_ADDRESS_MS,
  type HitsWant,
  type LookAhead,
  type Recording,
  type TimelineSnapshot,
  type TimelineStore,
  type TimelineWant,
  type TimelineWork,
  type TransactionPart,
} from '../messages/messages.ts';
import { writePasts, type Needed } from './delivery-past.ts';
import type { Engine } from './engine.ts';
import { HotDeliveries, suffices, type KnownDeliveries } from './hot-deliveries.ts';
import type { SeenDelivery } from './seen-delivery.ts';
import { isStale, look, runStatements, statementsOf, transact, type Statement } from './statements.ts';
import { snapshotStatements, toSnapshot, type Snapshot } from './timeline-reads.ts';
import { notPlain, plainSettling } from './plain-settling.ts';
import { MEETING_MS } from '../truth/truth.ts';
import { onlyAdds, seenStatements, timelineStatements } from './timeline-writes.ts';

interface Reading {
  /** Deliveries that are read. */
  asked: ReadonlySet<DeliveryId>;
  snapshot: Promise<Snapshot>;
  /** Those that were known instead, and when, by the process's own clock. */
  known: KnownDeliveries;
  at: number;
}

export class KyselyTimelineStore implements TimelineStore {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #hot = new HotDeliveries();
  /** Resolves when the last recording is written, or failed. */
  #lastWritten: Promise<void> = Promise.resolve();

  constructor(engine: Engine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  async cursors(): Promise<Map<string, number>> {
    const rows = await this.#engine.db.selectFrom('cursors').selectAll().execute();
    return new Map(rows.map(({ epoch, seq }) => [epoch, seq]));
  }

  async durableCursors(): Promise<Map<string, number>> {
    const cursors = await this.cursors();
    await this.#engine.flush();
    return cursors;
  }

  async transact(
    want: TimelineWant,
    decide: (snapshot: TimelineSnapshot) => TimelineWork,
    along?: TransactionPart,
  ): Promise<void> {
    this.#hot.forget(want.deliveryIds);
    if (this.#engine.name === 'sqlite' && (await this.#transactOnSeen(want, decide, along))) return;
    await this.#engine.db.transaction().execute(async (tx) => {
      const snapshot = toSnapshot(await runStatements(tx, this.#reads(want)));
      const work = decide(snapshot);
      await runStatements(tx, [...timelineStatements(work, this.#clock()), ...statementsOf(along)]);
    });
  }

  lookAhead(want: HitsWant): LookAhead | undefined {
    if (this.#engine.name !== 'sqlite') return undefined;
    const reading = this.#read(want);
    // Whoever records these meets its failure.
    reading.snapshot.catch(() => undefined);
    return reading as unknown as LookAhead;
  }

  async record(
    want: HitsWant,
    decide: (snapshot: TimelineSnapshot) => TimelineWork,
    ahead?: LookAhead,
  ): Promise<Recording> {
    if (this.#engine.name !== 'sqlite') {
      await this.transact(want, decide);
      return { written: Promise.resolve() };
    }
    const { generation } = this.#hot;
    const snapshot = await this.#look(want, (ahead as unknown as Reading | undefined) ?? this.#read(want));
    const work = decide(snapshot);
    const pasts = writePasts(work, snapshot.deliveries);
    const statements = seenStatements(work, snapshot.deliveries, this.#clock(), pasts);
    await this.#lastWritten;
    // What the last one left did not come true.
    const isVoid = this.#hot.generation !== generation;
    if (!isVoid) this.#hot.keep(snapshot, work);
    const written = isVoid ? this.#recordAnew(want, decide) : this.#recordAsSeen(statements, want, decide);
    this.#lastWritten = written.catch(() => this.#hot.clear());
    // The next one may be written while the disk takes this one: hits stay in their log until their cursor is there.
    return { written: written.then(() => this.#engine.flush()) };
  }

  /** Deliveries that the last batches did not leave, as they are committed. */
  #read(want: HitsWant): Reading {
    const at = performance.now();
    const known = this.#hot.known(want.deliveryIds, want.newOf, at);
    const asked = new Set(want.deliveryIds.filter((id) => !known.deliveries.has(id)));
    const statements = this.#reads({ ...want, deliveryIds: [...asked] }, neededOf(want));
    return {
      asked,
      snapshot: look(this.#engine.db, statements).then((results) => toSnapshot(results, neededOf(want))),
      known,
      at,
    };
  }

  /** The same with those that the last batches left: of what was read before they were decided, theirs is newer. */
  async #look(want: HitsWant, { asked, snapshot: reading, known, at }: Reading): Promise<Snapshot> {
    const snapshot = await reading;
    const { deliveries, earlierHits } = this.#hot.known(want.deliveryIds, want.newOf, at);
    // There was no more room for it meanwhile, and nothing else was decided on it.
    for (const [id, delivery] of known.deliveries)
      if (this.#hot.versionOf(id) === undefined && suffices(delivery, want.newOf))
        deliveries.set(id, delivery);
    for (const [id, delivery] of deliveries) snapshot.deliveries.set(id, delivery);
    for (const [id, hits] of [...known.earlierHits, ...earlierHits]) snapshot.earlierHits.set(id, hits);
    // Wanted whole now, and not known or read so.
    const missing = want.deliveryIds.filter(
      (id) =>
        !deliveries.has(id) && !(asked.has(id) && this.#isEnough(snapshot.deliveries.get(id), want.newOf)),
    );
    // What is being written can be read when it is.
    if (missing.some((id) => this.#hot.versionOf(id) !== undefined)) await this.#lastWritten;
    if (missing.length > 0) {
      const more = toSnapshot(await look(this.#engine.db, this.#reads({ ...want, deliveryIds: missing })));
      for (const [id, delivery] of more.deliveries) snapshot.deliveries.set(id, delivery);
      for (const [id, hits] of more.earlierHits) snapshot.earlierHits.set(id, hits);
    }
    return snapshot;
  }

  /** Whether nothing else was decided since it was read, and nothing more is needed. */
  #isEnough(read: SeenDelivery | undefined, newOf: HitsWant['newOf']): boolean {
    if (read === undefined) return true;
    return read.version >= (this.#hot.versionOf(read.id) ?? 0) && suffices(read, newOf);
  }

  async #recordAsSeen(
    statements: readonly Statement[],
    want: TimelineWant,
    decide: (snapshot: TimelineSnapshot) => TimelineWork,
  ): Promise<void> {
    try {
      await transact(this.#engine.db, statements, 'process');
    } catch (error) {
      if (!isStale(error)) throw error;
      await this.#recordAnew(want, decide);
    }
  }

  /** Reads, decides and writes while nobody else writes. */
  #recordAnew(want: TimelineWant, decide: (snapshot: TimelineSnapshot) => TimelineWork): Promise<void> {
    this.#hot.clear();
    return this.transact(want, decide);
  }

  async settlePlainly(now: number, limit: number): Promise<number> {
    const due = await this.#engine.db
      .selectFrom('deliveries')
      .select('id')
      .where('settle_at', '<=', now)
      .where('settles_plainly', '=', 1)
      .limit(1)
      .executeTakeFirst();
    if (due === undefined) return 0;
    const { name, db } = this.#engine;
    const { numAffectedRows } = await plainSettling(name, now, limit).execute(db);
    const settled = Number(numAffectedRows ?? 0);
    if (settled < limit) await notPlain(name, now, limit - settled).execute(db);
    return settled;
  }

  async dueForSettling(now: number, limit: number): Promise<DeliveryId[]> {
    const rows = await this.#engine.db
      .selectFrom('deliveries')
      .select('id')
      .where('settle_at', '<=', now)
      // As a literal: a parameter might be another value, and the index of just these would not be used.
      .where(sql<boolean>`settles_plainly = 0`)
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

  #reads(want: TimelineWant, needed?: Needed) {
    return snapshotStatements(this.#engine.name, want, this.#clock() - SENDER_ADDRESS_MS, needed);
  }
}

/** Hits that new ones may meet are at most so much older than the oldest of these. */
function neededOf({ newOf }: HitsWant): Needed {
  const needed = new Map<DeliveryId, number>();
  for (const [id, hits] of newOf) needed.set(id, Math.min(...hits.map(({ at }) => at)) - MEETING_MS);
  return needed;
}
