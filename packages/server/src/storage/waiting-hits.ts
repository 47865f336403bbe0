import type { Hit } from '../tracking/tracking.ts';

/** Hits of one frame; more wait for the next. */
export const LARGEST_BATCH = 2_000;
/** A disk that does not keep up must not take all memory: about 50 MB of usual hits. */
const MOST_HITS = 100_000;
/** So many are never much, whatever is in them: their sizes need not be known. */
const UNWEIGHED_HITS = 1_000;
/** Of those beyond. Usual hits are some 400 bytes, the largest that a client can send 28,000. */
const MOST_BYTES = 64 * 1_048_576;
/** What a hit takes beside its texts. */
const BARE_BYTES = 300;

/** Hits that become durable, or do not, together. */
export interface Batch {
  hits: Hit[];
  done: PromiseWithResolvers<void>;
  /** When its first hit came, ms of `performance.now()`. */
  since: number;
  sizeBytes: number;
}

/** The queue before the disk: in batches, bounded in number and in memory. */
export class WaitingHits {
  #batches: Batch[] = [];
  #count = 0;
  #sizeBytes = 0;

  get count(): number {
    return this.#count;
  }

  /** The batch that is next to be written; it may still grow. */
  get first(): Batch | undefined {
    return this.#batches[0];
  }

  /** @returns the batch that it went into; undefined when too much waits already */
  add(hit: Hit): Batch | undefined {
    if (this.#count >= MOST_HITS || this.#sizeBytes >= MOST_BYTES) return undefined;
    let batch = this.#batches.at(-1);
    if (batch === undefined || batch.hits.length >= LARGEST_BATCH) {
      batch = { hits: [], done: Promise.withResolvers<void>(), since: performance.now(), sizeBytes: 0 };
      this.#batches.push(batch);
    }
    batch.hits.push(hit);
    this.#count += 1;
    if (this.#count > UNWEIGHED_HITS) {
      const sizeBytes = sizeOf(hit);
      batch.sizeBytes += sizeBytes;
      this.#sizeBytes += sizeBytes;
    }
    return batch;
  }

  /** Takes the first batch out. */
  take(): Batch | undefined {
    const batch = this.#batches.shift();
    this.#count -= batch?.hits.length ?? 0;
    this.#sizeBytes -= batch?.sizeBytes ?? 0;
    return batch;
  }

  takeAll(): Batch[] {
    this.#count = 0;
    this.#sizeBytes = 0;
    return this.#batches.splice(0);
  }
}

function sizeOf({ url, headers }: Hit): number {
  let sizeBytes = BARE_BYTES + (url?.length ?? 0);
  for (const name in headers) sizeBytes += (headers[name] ?? '').length;
  return sizeBytes;
}
