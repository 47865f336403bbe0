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

/** Hits and events that are kept; some 500 bytes each. */
const MOST_KEPT = 60_000;
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
  readonly #deliveries = new Map<DeliveryId, Hot>();
  #size = 0;
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
      const hot = this.#deliveries.get(id);
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
    this.#newest = new Set(work.deliveries.map(({ id }) => id));
    for (const { id, transport, verdict, sentAt, objectedAt } of work.deliveries) {
      const before = snapshot.deliveries.get(id);
      if (before === undefined) continue;
      this.#put(
        {
          ...before,
          ...{ transport, verdict, sentAt, objectedAt, version: before.version + 1 },
          hits: newest([...before.hits, ...(hits.get(id) ?? []).map(({ hit }) => hit)]),
          events: few(
            replaced(before.events, changed).concat((added.get(id) ?? []).map(({ event }) => event)),
          ),
        },
        snapshot.earlierHits.get(id),
      );
    }
    this.#trim();
  }

  forget(ids: readonly DeliveryId[]): void {
    for (const id of ids) this.#drop(id);
  }

  /** What was kept did not come true. */
  clear(): void {
    this.#deliveries.clear();
    this.#size = 0;
    this.#generation += 1;
  }

  /** Another one when what was known before is void. */
  get generation(): number {
    return this.#generation;
  }

  #put(delivery: SeenDelivery, earlier: StoredHit[] | undefined): void {
    const readAt = this.#deliveries.get(delivery.id)?.readAt ?? performance.now();
    this.#drop(delivery.id);
    const size = 1 + delivery.hits.length + delivery.events.length + (earlier?.length ?? 0);
    this.#deliveries.set(delivery.id, { delivery, earlier, readAt, size });
    this.#size += size;
  }

  #drop(id: DeliveryId): void {
    this.#size -= this.#deliveries.get(id)?.size ?? 0;
    this.#deliveries.delete(id);
  }

  /** Those that were not hit for the longest time first. */
  #trim(): void {
    for (const id of this.#deliveries.keys()) {
      if (this.#size <= MOST_KEPT) return;
      this.#drop(id);
    }
  }
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
