import { totalmem } from 'node:os';
import type { DeliveryId } from '../kernel/ids.ts';
import {
  areAlone,
  fewEvents,
  NEWEST_EVENTS,
  type HitsWant,
  type StoredEvent,
  type StoredHit,
  type TimelineSnapshot,
  type TimelineWork,
} from '../messages/messages.ts';
import type { SeenDelivery } from './seen-delivery.ts';
import { NEWEST_HITS } from './timeline-reads.ts';
import { parsed, textOf } from './timeline-rows.ts';

/** What this may take of the machine's memory, or of what the process may have of it; and at most, bytes. */
const SHARE = 0.03;
const MOST_BYTES = 180 * 2 ** 20;
/** A hit or an event that is kept, bytes. */
const BYTES_EACH = 320;
/** A delivery without them weighs as much as so many. */
const WEIGHT_OF_DELIVERY = 3;
/** So much of it, and what the others leave, is for deliveries that were in one batch only. The others came again meanwhile. */
const SHARE_OF_NEW = 0.3;
/** What is known beyond a delivery is read again after this, or up to twice as long: not of all at once, ms. */
const FRESH_MS = 30_000;
interface Hot {
  delivery: SeenDelivery;
  earlier: StoredHit[] | undefined;
  freshUntil: number;
  size: number;
}

/** Deliveries, and what was read beyond them. */
export type KnownDeliveries = Pick<TimelineSnapshot, 'earlierHits'> & {
  deliveries: Map<DeliveryId, SeenDelivery>;
};

/**
 * Deliveries as the last batches of hits left them. Who was hit a moment ago is often hit again, and need not be read for
 * that; and what is being written cannot be read yet. A memory only: that it is right is seen by the version when
 * something is written.
 */
export class HotDeliveries {
  readonly #new = new Kept();
  readonly #hot = new Kept();
  /** Hits and events. */
  readonly #most: number;
  #generation = 0;
  /** Those of the last batch, and of the one before. */
  #newest: ReadonlySet<DeliveryId> = new Set();
  #before: ReadonlySet<DeliveryId> = new Set();

  /** @param memory that there is, bytes */
  constructor(memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)) {
    this.#most = Math.min(memory * SHARE, MOST_BYTES) / BYTES_EACH;
  }

  /**
   * @param at what is known is to be fresh at that time of the process's own clock, ms
   * @returns what need not be read for these hits
   */
  known(ids: readonly DeliveryId[], newOf: HitsWant['newOf'], at: number): KnownDeliveries {
    const deliveries: KnownDeliveries['deliveries'] = new Map();
    const earlierHits: KnownDeliveries['earlierHits'] = new Map();
    for (const id of ids) {
      const hot = this.#get(id);
      if (hot === undefined || (hot.freshUntil < at && !this.#newest.has(id))) continue;
      if (!suffices(hot.delivery, newOf)) continue;
      deliveries.set(id, hot.delivery);
      if (hot.earlier !== undefined) earlierHits.set(id, hot.earlier);
    }
    return { deliveries, earlierHits };
  }

  /** The version that a delivery has, or will have when all is written that is decided. */
  versionOf(id: DeliveryId): number | undefined {
    return this.#get(id)?.delivery.version;
  }

  /**
   * Remembers the deliveries of a snapshot as this work leaves them. They are changed for that, not copied: copies of what
   * is kept for long are what the garbage collector has most trouble with.
   */
  keep(
    snapshot: Pick<TimelineSnapshot, 'earlierHits'> & {
      deliveries: ReadonlyMap<DeliveryId, SeenDelivery>;
    },
    work: TimelineWork,
  ): void {
    this.#before = this.#newest;
    this.#newest = new Set(work.deliveries.map(({ id }) => id));
    // These must stay: what is being read already was read before they were written.
    const mustStay = (id: DeliveryId): boolean => this.#newest.has(id) || this.#before.has(id);
    this.#new.trim(Math.max(this.#most * SHARE_OF_NEW, this.#most - this.#hot.size), mustStay);
    this.#hot.trim(this.#most - this.#new.size, mustStay);
    for (const { hit, deliveryId } of work.hits) {
      if (hit.refetchOf !== undefined) continue;
      // Few programs make most of the hits: their headers are kept once.
      hit.headers = parsed(textOf(hit.headers)) as Record<string, string>;
      snapshot.deliveries.get(deliveryId)?.hits.push(hit);
    }
    for (const { event, deliveryId } of work.newEvents) {
      if (deliveryId !== null) snapshot.deliveries.get(deliveryId)?.events.push(event);
    }
    const changed = new Map(work.changedEvents.map((event) => [event.id, event]));
    for (const { id, transport, verdict, sentAt, objectedAt, rest } of work.deliveries) {
      const delivery = snapshot.deliveries.get(id);
      if (delivery === undefined) continue;
      const version = delivery.version + 1;
      Object.assign(delivery, { transport, verdict, sentAt, objectedAt, version });
      if (rest !== undefined) Object.assign(delivery, rest);
      else {
        if (changed.size > 0) replace(delivery.events, changed);
        dropOlder(delivery);
      }
      this.#put(delivery, snapshot.earlierHits.get(id));
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

  #get(id: DeliveryId): Hot | undefined {
    return this.#hot.get(id) ?? this.#new.get(id);
  }

  #put(delivery: SeenDelivery, earlier: StoredHit[] | undefined): void {
    const { id, hits, events } = delivery;
    const before = this.#get(id);
    this.#new.drop(id);
    const isAsRead = before?.delivery !== delivery;
    const freshUntil = isAsRead ? performance.now() + FRESH_MS * (1 + Math.random()) : before.freshUntil;
    const size = WEIGHT_OF_DELIVERY + hits.length + events.length + (earlier?.length ?? 0);
    (before === undefined ? this.#new : this.#hot).put(id, { delivery, earlier, freshUntil, size });
  }
}

/** Whether nothing of it needs to be read that is not at hand. */
export function suffices(delivery: SeenDelivery, newOf: HitsWant['newOf']): boolean {
  return delivery.past === undefined || areAlone(delivery, newOf.get(delivery.id) ?? []);
}

/**
 * Any may go when there are too many. Were it those that were not put for the longest time, then of deliveries that are hit
 * in turn, and are a few more than there is room for, each would go just before it is hit.
 */
class Kept {
  readonly #deliveries = new Map<DeliveryId, { hot: Hot; index: number }>();
  /** At its index each; the order says nothing. */
  readonly #ids: DeliveryId[] = [];
  #size = 0;

  /** Hits and events of them all. */
  get size(): number {
    return this.#size;
  }

  get(id: DeliveryId): Hot | undefined {
    return this.#deliveries.get(id)?.hot;
  }

  put(id: DeliveryId, hot: Hot): void {
    const kept = this.#deliveries.get(id);
    this.#size += hot.size - (kept?.hot.size ?? 0);
    if (kept === undefined) this.#deliveries.set(id, { hot, index: this.#ids.push(id) - 1 });
    else kept.hot = hot;
  }

  /** Drops some while there are more hits and events than so many, as far as some that need not stay are soon found. */
  trim(most: number, mustStay: (id: DeliveryId) => boolean): void {
    let tries = this.#ids.length;
    for (; this.#size > most && tries > 0; tries -= 1) {
      const id = this.#ids[Math.floor(Math.random() * this.#ids.length)];
      if (id !== undefined && !mustStay(id)) this.drop(id);
    }
  }

  drop(id: DeliveryId): void {
    const kept = this.#deliveries.get(id);
    const last = this.#ids.at(-1);
    if (kept === undefined || last === undefined) return;
    this.#ids[kept.index] = last;
    const moved = this.#deliveries.get(last);
    if (moved !== undefined) moved.index = kept.index;
    this.#ids.pop();
    this.#deliveries.delete(id);
    this.#size -= kept.hot.size;
  }

  clear(): void {
    this.#deliveries.clear();
    this.#ids.length = 0;
    this.#size = 0;
  }
}

function dropOlder(delivery: SeenDelivery): void {
  const { hits, events } = delivery;
  if (hits.length > NEWEST_HITS) {
    hits.sort((a, b) => a.at - b.at);
    hits.splice(0, hits.length - NEWEST_HITS);
  }
  // Not with each one more.
  if (events.length > 1.25 * NEWEST_EVENTS) delivery.events = fewEvents(events);
}

function replace(events: StoredEvent[], changed: ReadonlyMap<string, StoredEvent>): void {
  events.forEach((event, index) => {
    const now = changed.get(event.id);
    if (now !== undefined) events[index] = now;
  });
}
