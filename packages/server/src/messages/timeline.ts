import { DAY_MS, type Clock } from '../kernel/clock.ts';
import { newRowId, newTimelessRowId, type DeliveryId, type MessageId } from '../kernel/ids.ts';
import type { LoggedHit } from '../tracking/tracking.ts';
import { RULES_VERSION, type Lookup } from '../truth/truth.ts';
import { matchRules } from '../notify/notify.ts';
import {
  concludeDelivery,
  contextsFor,
  interpretHits,
  interpretNewHits,
  type Contexts,
  type Interpretation,
  type InterpretationContext,
} from './interpret.ts';
import { keptFact } from './kept-fact.ts';
import {
  cursorsAfter,
  subjectAsDelivery,
  toSighting,
  toStoredHit,
  unique,
  wantOf,
  type WantedForHits,
} from './logged-hits.ts';
import { restOf } from './past.ts';
import { refetchesAmong } from './refetch.ts';
import { countHit, emptyWork, isUnsent } from './timeline-work.ts';
import { eventOf, nextTransport, type TransportFact } from './transport-fact.ts';
import type {
  DeliveryRecord,
  LookAhead,
  Recording,
  Sighting,
  StoredEvent,
  TimelineSnapshot,
  TimelineStore,
  TimelineWant,
  TimelineWork,
  TransactionPart,
} from './timeline-store.ts';

/** Which deliveries and messages changed; where a stream reads on is the store's matter. */
export interface Change {
  deliveryIds: readonly DeliveryId[];
  messageIds: readonly MessageId[];
}

/** Networks and places, and a way to load what the next look-ups need without blocking. */
export interface PreparedLookup extends Lookup {
  prepare(ips: Iterable<string | undefined>): Promise<void>;
}

/** Hits, and what is being read for them. */
export interface PreparedHits {
  hits: readonly LoggedHit[];
  want: WantedForHits;
  ahead: LookAhead | undefined;
}

const SETTLE_BATCH = 1_000;
const PLAIN_BATCH = 2_000;

/**
 * Turns facts into events, verdicts and notifications. Every call is one transaction of the store,
 * decided by pure code on what that transaction read, so it can be repeated after a crash.
 */
export class Timeline {
  readonly #store: TimelineStore;
  readonly #lookup: PreparedLookup;
  readonly #clock: Clock;
  readonly #listeners = new Set<(change: Change) => void>();
  /** Of the last three batches, which may not have been readable when the next one's surroundings were read. */
  #unread: readonly (readonly Sighting[])[] = [];

  constructor(dependencies: { store: TimelineStore; lookup: PreparedLookup; clock: Clock }) {
    this.#store = dependencies.store;
    this.#lookup = dependencies.lookup;
    this.#clock = dependencies.clock;
  }

  /** @returns a function that ends the subscription */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  cursors(): Promise<Map<string, number>> {
    return this.#store.cursors();
  }

  /** @see TimelineStore.durableCursors */
  durableCursors(): Promise<Map<string, number>> {
    return this.#store.durableCursors();
  }

  /** Hits in the order of their log. Those of unknown deliveries are discarded; the cursor passes them all. */
  async recordHits(hits: readonly LoggedHit[]): Promise<void> {
    await (
      await this.takeHits({ hits, want: wantOf(hits), ahead: undefined })
    ).written;
  }

  /** Begins to read what judging these will need, before {@link takeHits} is called for those that come before them. */
  prepareHits(hits: readonly LoggedHit[]): PreparedHits {
    const want = wantOf(hits);
    return { hits, want, ahead: hits.length === 0 ? undefined : this.#store.lookAhead(want) };
  }

  /**
   * Records hits as {@link recordHits} does, resolving when they are judged; whoever comes next need not wait until they
   * are written.
   * @param after the cursors behind which these hits were read: if they are not the stored ones by then, nothing is written
   */
  async takeHits(
    { hits, want, ahead }: PreparedHits,
    after?: ReadonlyMap<string, number>,
  ): Promise<Recording> {
    await this.#lookup.prepare(hits.map(({ ip }) => ip));
    const unread = this.#unread;
    const decide = (snapshot: TimelineSnapshot): TimelineWork => {
      const fresh = want.newHits
        .filter((hit) => snapshot.deliveries.has(subjectAsDelivery(hit)))
        .flatMap(toSighting);
      this.#unread = [...unread.slice(-2), fresh];
      return this.#decideOnHits(hits, snapshot, { seen: [...unread.flat(), ...fresh], after });
    };
    const { written } = await this.#store.record(want, decide, ahead);
    return { written: written.then(() => this.#tell(want)) };
  }

  #decideOnHits(
    hits: readonly LoggedHit[],
    snapshot: TimelineSnapshot,
    { seen, after }: { seen: readonly Sighting[]; after: ReadonlyMap<string, number> | undefined },
  ): TimelineWork {
    const work = emptyWork(cursorsAfter(hits));
    if (after !== undefined) work.cursorsBefore = after;
    const contexts = contextsFor(snapshot, seen);
    const byDelivery = Map.groupBy(
      hits.filter((hit) => hit.mode !== 'aggregate'),
      subjectAsDelivery,
    );
    for (const [id, group] of byDelivery) {
      const record = snapshot.deliveries.get(id);
      if (record !== undefined) this.#recordDeliveryHits(record, group, { snapshot, contexts, work });
    }
    for (const hit of hits) if (hit.mode === 'aggregate') countHit(hit, snapshot, work);
    return work;
  }

  /** @see TransportFact.source for what makes a repetition harmless */
  recordTransport(fact: TransportFact): Promise<void> {
    return this.recordTransports([fact]);
  }

  /**
   * Facts in the order in which they came to be, in one transaction.
   * @param along what else is written in it
   */
  async recordTransports(facts: readonly TransportFact[], along?: TransactionPart): Promise<void> {
    const deliveryIds = unique(facts.map(({ deliveryId }) => deliveryId));
    const decide = (snapshot: TimelineSnapshot): TimelineWork => {
      const work = emptyWork();
      const records = new Map(snapshot.deliveries);
      for (const fact of facts) {
        const record = records.get(fact.deliveryId);
        if (record === undefined) continue;
        records.set(fact.deliveryId, this.#recordFact(record, fact, snapshot, work));
      }
      return work;
    };
    // A reply judges later openings again.
    const surroundings = facts.some(({ type }) => type === 'replied');
    await this.#transact({ deliveryIds, messageIds: [], surroundings }, decide, along);
  }

  /** @returns the delivery as the fact leaves it */
  #recordFact(
    record: DeliveryRecord,
    told: TransportFact,
    snapshot: TimelineSnapshot,
    work: TimelineWork,
  ): DeliveryRecord {
    const fact = keptFact(record, told);
    if (fact === undefined) return record;
    const before = record.events.find(({ source }) => source === fact.source);
    if (before !== undefined && (fact.moves !== true || before.at >= fact.at)) return record;
    const event = eventOf(fact, before?.id ?? (fact.moves === true ? newTimelessRowId() : newRowId()));
    const isOut = fact.type === 'relayed' || fact.transport === 'captured';
    const changed: DeliveryRecord = {
      ...record,
      transport: nextTransport(record.transport, fact.transport),
      sentAt: record.sentAt ?? (isOut ? fact.at : null),
      objectedAt: record.objectedAt ?? (fact.type === 'objected' ? fact.at : null),
    };
    const { events } =
      before === undefined
        ? this.#conclude(changed, [event], this.#afterReply(changed, event, snapshot), snapshot, work)
        : this.#conclude(changed, [], [event], snapshot, work);
    return { ...changed, events };
  }

  /** Openings after an answer that is known only now: they may be of the mail that it quotes. */
  #afterReply(record: DeliveryRecord, event: StoredEvent, snapshot: TimelineSnapshot): StoredEvent[] {
    const hasLater = event.type === 'replied' && record.hits.some(({ at }) => at > event.at);
    return hasLater
      ? this.#interpret({ ...record, events: [...record.events, event] }, contextsFor(snapshot)).changed
      : [];
  }

  /** A host name was found that tells what an address is: its hits on these deliveries are judged again. */
  async recordHost(found: { ip: string; suffix: string; deliveryIds: readonly DeliveryId[] }): Promise<void> {
    await this.#transact(
      { deliveryIds: [...found.deliveryIds], messageIds: [], surroundings: true },
      (snapshot) => {
        const work = emptyWork();
        work.hosts = [];
        const contexts = contextsFor(snapshot);
        for (const record of snapshot.deliveries.values()) {
          const named = record.hits.filter(({ ip, host }) => ip === found.ip && host === undefined);
          if (named.length === 0) continue;
          work.hosts.push(...named.map(({ epoch, seq }) => ({ epoch, seq, host: found.suffix })));
          const hits = record.hits.map((hit) => (named.includes(hit) ? { ...hit, host: found.suffix } : hit));
          const changed = this.#interpret({ ...record, hits }, contexts).changed;
          if (changed.length > 0) this.#conclude(record, [], changed, snapshot, work);
        }
        return work;
      },
    );
  }

  /** Settles the verdicts whose burst window is over. @returns how many there were */
  async settle(): Promise<number> {
    const plain = await this.settlePlainly();
    const due = await this.dueForSettling();
    await this.settleAnew(due);
    return plain + due.length;
  }

  /** Settles those of which nothing more is known; hits may be recorded meanwhile. @returns how many there were */
  settlePlainly(): Promise<number> {
    return this.#store.settlePlainly(this.#clock(), PLAIN_BATCH);
  }

  /** Those of which more is known now, some of them. */
  dueForSettling(): Promise<DeliveryId[]> {
    return this.#store.dueForSettling(this.#clock(), SETTLE_BATCH);
  }

  /** Computes these again: what is being decided on any of them is decided twice. */
  async settleAnew(deliveryIds: DeliveryId[]): Promise<void> {
    if (deliveryIds.length === 0) return;
    await this.#transact({ deliveryIds, messageIds: [], surroundings: true }, (snapshot) => {
      const work = emptyWork();
      const contexts = contextsFor(snapshot);
      for (const record of snapshot.deliveries.values()) {
        const changed = this.#interpret(record, contexts).changed;
        this.#conclude(record, [], changed, snapshot, work);
      }
      return work;
    });
  }

  async #transact(
    want: TimelineWant & { deliveryIds: DeliveryId[]; messageIds: MessageId[] },
    decide: (snapshot: TimelineSnapshot) => TimelineWork,
    along?: TransactionPart,
  ): Promise<void> {
    await this.#store.transact(want, decide, along);
    this.#tell(want);
  }

  #tell({ deliveryIds, messageIds }: Change): void {
    for (const listener of this.#listeners) listener({ deliveryIds, messageIds });
  }

  #recordDeliveryHits(
    record: DeliveryRecord,
    group: readonly LoggedHit[],
    { snapshot, contexts, work }: { snapshot: TimelineSnapshot; contexts: Contexts; work: TimelineWork },
  ): void {
    const fresh = group.filter(
      (hit) =>
        hit.workspaceId === record.workspaceId &&
        !record.hits.some(({ seq, epoch }) => seq === hit.seq && epoch === hit.epoch) &&
        (record.objectedAt === null || hit.at < record.objectedAt),
    );
    if (fresh.length === 0) return;
    if (group[0]?.mode === 'day') {
      this.#recordDay(record, fresh, snapshot, work);
      return;
    }
    const stored = fresh.map(toStoredHit).sort((a, b) => a.at - b.at);
    const refetches = refetchesAmong(record, stored);
    const { id: deliveryId, workspaceId, messageId } = record;
    for (const hit of stored) {
      const refetchOf = refetches.get(hit);
      work.hits.push({
        deliveryId,
        workspaceId,
        messageId,
        hit: refetchOf === undefined ? hit : { ...hit, refetchOf },
      });
    }
    const hits = stored.filter((hit) => !refetches.has(hit));
    const { added, changed } = interpretNewHits(record, hits, this.#contextOf(record, contexts));
    const { events, delivery } = this.#conclude(record, added, changed, snapshot, work);
    const rest = restOf({ ...record, hits: [...record.hits, ...hits], events }, this.#lookup);
    if (rest !== undefined) delivery.rest = rest;
  }

  /** Mode `day`: the day of the last opening is one event that moves; nothing else is kept. */
  #recordDay(
    record: DeliveryRecord,
    hits: readonly LoggedHit[],
    snapshot: TimelineSnapshot,
    work: TimelineWork,
  ): void {
    const opened = hits.filter((hit) => hit.method !== 'HEAD');
    if (opened.length === 0 || isUnsent(record)) return;
    const at = Math.floor(Math.max(...opened.map((hit) => hit.at)) / DAY_MS) * DAY_MS;
    const source = `day:${record.id}`;
    const before = record.events.find((event) => event.source === source);
    if (before !== undefined && before.at >= at) return;
    const event: StoredEvent = {
      id: before?.id ?? newTimelessRowId(),
      at,
      type: 'opened',
      source,
      rulesVersion: RULES_VERSION,
    };
    if (before === undefined) this.#conclude(record, [event], [], snapshot, work);
    else this.#conclude(record, [], [event], snapshot, work);
  }

  #interpret(record: DeliveryRecord, contexts: Contexts): Interpretation {
    return interpretHits(record, this.#contextOf(record, contexts));
  }

  #contextOf(record: DeliveryRecord, contexts: Contexts): InterpretationContext {
    return { ...contexts.of(record), lookup: this.#lookup, now: this.#clock() };
  }

  /** Verdict and notifications that follow from the events, and everything into the transaction's work. */
  #conclude(
    record: DeliveryRecord,
    added: readonly StoredEvent[],
    changed: readonly StoredEvent[],
    snapshot: TimelineSnapshot,
    work: TimelineWork,
  ): ReturnType<typeof concludeDelivery> {
    const { events, delivery } = concludeDelivery(record, { added, changed }, this.#clock());
    for (const event of added) {
      work.newEvents.push({
        workspaceId: record.workspaceId,
        deliveryId: record.id,
        messageId: record.messageId,
        event,
      });
    }
    work.changedEvents.push(...changed);
    work.deliveries.push(delivery);
    const rules = snapshot.rules.get(record.workspaceId) ?? [];
    for (const event of [...added, ...changed]) {
      work.outbox.push(...matchRules(rules, { delivery: record, event, events, verdict: delivery.verdict }));
    }
    return { events, delivery };
  }
}
