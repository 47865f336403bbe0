import type { DeliveryId } from '../kernel/ids.ts';
import {
  fewEvents,
  NEWEST_EVENTS,
  type StoredEvent,
  type StoredHit,
  type TimelineSnapshot,
  type TimelineWork,
} from '../messages/messages.ts';
import { NEWEST_HITS, type SeenDelivery } from './timeline-reads.ts';
import { parsed } from './timeline-rows.ts';

/**
 * Hits and events that are kept, some 500 bytes each: of deliveries that were in one batch, which is what is being written
 * and a little more; and of those that came again meanwhile.
 */
const MOST_NEW = 25_000;
const MOST_HOT = 150_000;
/** What is known beyond a delivery is read again after this, ms. */
const FRESH_MS = 10_000;

interface Hot {
  delivery: SeenDelivery;
  earlier: StoredHit[] | undefined;
  readAt: number;
  size: number;
}

/**
 * Deliveries as the last batches of hits left them. Who was hit a moment ago is often hit again, and need not be read for
 * that; and what is being written cannot be read yet. A memory only: that it is right is seen by the version when
 * something is written.
 */
export class HotDeliveries {
  readonly #new = new Kept(MOST_NEW);
  readonly #hot = new Kept(MOST_HOT);
  #generation = 0;
  /** Those of the last batch. */
  #newest: ReadonlySet<DeliveryId> = new Set();

  /** @returns deliveries that need not be read now, with what was read beyond them */
  known(ids: readonly DeliveryId[]): Pick<TimelineSnapshot, 'earlierHits'> & {
    deliveries: Map<DeliveryId, SeenDelivery>;
  } {
    const deliveries = new Map<DeliveryId, SeenDelivery>();
    const earlierHits = new Map<DeliveryId, StoredHit[]>();
    const oldest = performance.now() - FRESH_MS;
    for (const id of ids) {
      const hot = this.#hot.get(id) ?? this.#new.get(id);
      if (hot === undefined || (hot.readAt < oldest && !this.#newest.has(id))) continue;
      deliveries.set(id, hot.delivery);
      if (hot.earlier !== undefined) earlierHits.set(id, hot.earlier);
    }
    return { deliveries, earlierHits };
  }

  /** Remembers the deliveries of a snapshot as this work leaves them. */
  keep(
    snapshot: Pick<TimelineSnapshot, 'earlierHits'> & { deliveries: ReadonlyMap<DeliveryId, SeenDelivery> },
    work: TimelineWork,
  ): void {
    const added = Map.groupBy(work.newEvents, ({ deliveryId }) => deliveryId);
    const hits = Map.groupBy(
      work.hits.filter(({ hit }) => hit.refetchOf === undefined),
      ({ deliveryId }) => deliveryId,
    );
    const changed = new Map(work.changedEvents.map((event) => [event.id, event]));
    // Before these come, which must stay until they can be read.
    this.#new.trim();
    this.#hot.trim();
    this.#newest = new Set(work.deliveries.map(({ id }) => id));
    for (const { id, transport, verdict, sentAt, objectedAt } of work.deliveries) {
      const before = snapshot.deliveries.get(id);
      if (before === undefined) continue;
      this.#put(
        {
          ...before,
          ...{ transport, verdict, sentAt, objectedAt, version: before.version + 1 },
          hits: newest([...before.hits, ...(hits.get(id) ?? []).map(({ hit }) => withSharedHeaders(hit))]),
          events: few(
            replaced(before.events, changed).concat((added.get(id) ?? []).map(({ event }) => event)),
          ),
        },
        snapshot.earlierHits.get(id),
      );
    }
  }

  forget(ids: readonly DeliveryId[]): void {
    for (const id of ids) {
      this.#new.drop(id);
      this.#hot.drop(id);
    }
  }

  /** What was kept did not come true. */
  clear(): void {
    this.#new.clear();
    this.#hot.clear();
    this.#generation += 1;
  }

  /** Another one when what was known before is void. */
  get generation(): number {
    return this.#generation;
  }

  #put(delivery: SeenDelivery, earlier: StoredHit[] | undefined): void {
    const { id } = delivery;
    const before = this.#hot.get(id) ?? this.#new.get(id);
    this.#new.drop(id);
    const size = 1 + delivery.hits.length + delivery.events.length + (earlier?.length ?? 0);
    const now = { delivery, earlier, readAt: before?.readAt ?? performance.now(), size };
    (before === undefined ? this.#new : this.#hot).put(id, now);
  }
}

/** When there are too many, those that were not put for the longest time go first. */
class Kept {
  readonly #most: number;
  readonly #deliveries = new Map<DeliveryId, Hot>();
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get(id: DeliveryId): Hot | undefined {
    return this.#deliveries.get(id);
  }

  put(id: DeliveryId, hot: Hot): void {
    this.drop(id);
    this.#deliveries.set(id, hot);
    this.#size += hot.size;
  }

  trim(): void {
    for (const oldest of this.#deliveries.keys()) {
      if (this.#size <= this.#most) return;
      this.drop(oldest);
    }
  }

  drop(id: DeliveryId): void {
    this.#size -= this.#deliveries.get(id)?.size ?? 0;
    this.#deliveries.delete(id);
  }

  clear(): void {
    this.#deliveries.clear();
    this.#size = 0;
  }
}

/** Few programs make most of the hits: their headers are kept once. */
function withSharedHeaders(hit: StoredHit): StoredHit {
  return { ...hit, headers: parsed(JSON.stringify(hit.headers)) as Record<string, string> };
}

function newest(hits: StoredHit[]): StoredHit[] {
  return hits.length > NEWEST_HITS ? hits.sort((a, b) => a.at - b.at).slice(-NEWEST_HITS) : hits;
}

/** Not with each one more. */
function few(events: StoredEvent[]): StoredEvent[] {
  return events.length > 2 * NEWEST_EVENTS ? fewEvents(events) : events;
}

function replaced(events: StoredEvent[], changed: ReadonlyMap<string, StoredEvent>): StoredEvent[] {
  return changed.size === 0 ? events : events.map((event) => changed.get(event.id) ?? event);
}
