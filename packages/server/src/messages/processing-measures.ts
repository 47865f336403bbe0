import type { Clock } from '../kernel/clock.ts';
import { Histogram, type HistogramCounts } from '../kernel/histogram.ts';

/** How fast it goes is told of the last so many milliseconds. */
const WINDOW_MS = 10_000;
/** Of less time a rate says nothing. */
const SHORTEST_WINDOW_MS = 500;

const BATCH_HITS = [1, 10, 50, 100, 200, 500, 1_000, 2_000];
const BATCH_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 5];
const OLDEST_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600];

export interface ProcessingMetrics {
  /** Hits put on timelines. */
  processed: number;
  /** Batches that had to be tried again. */
  failures: number;
  /** How long the last hits took from their answer to their timeline; while nothing can be written, at least that time. */
  lagSeconds: number;
  /** Hits put on timelines in a second, over the last ten; undefined until that is known. */
  perSecond: number | undefined;
  /** Hits of one transaction. */
  batchHits: HistogramCounts;
  /** From a batch being judged until it is durable. */
  batchSeconds: HistogramCounts;
  /** From its answer to its timeline, of the oldest hit of each batch. */
  oldestSeconds: HistogramCounts;
}

/** Counts and times of the hit processor. */
export class ProcessingMeasures {
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #batchHits = new Histogram(BATCH_HITS);
  readonly #batchSeconds = new Histogram(BATCH_SECONDS);
  readonly #oldestSeconds = new Histogram(OLDEST_SECONDS);
  #processed = 0;
  #failures = 0;
  #lagMs = 0;
  /** Wall clock; since then nothing could be written. */
  #failingSince: number | undefined;
  /** What was processed when, oldest first; the first may be older than the window. */
  #history: { at: number; processed: number }[];

  /** @param now a clock that never jumps, ms */
  constructor(clock: Clock, now: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#now = now;
    this.#history = [{ at: now(), processed: 0 }];
  }

  /** @param oldestAt when the oldest hit of the batch was answered; undefined when its hits bear no time */
  wrote(hits: number, oldestAt: number | undefined, tookMs: number): void {
    this.#failingSince = undefined;
    this.#lagMs = oldestAt === undefined ? 0 : Math.max(0, this.#clock() - oldestAt);
    if (oldestAt !== undefined) this.#oldestSeconds.observe(this.#lagMs / 1_000);
    this.#batchHits.observe(hits);
    this.#batchSeconds.observe(tookMs / 1_000);
    this.#processed += hits;
    this.#remember();
  }

  /** There is nothing to process. */
  idle(): void {
    this.#failingSince = undefined;
    this.#lagMs = 0;
  }

  failed(): void {
    this.#failures += 1;
    this.#failingSince ??= this.#clock();
  }

  metrics(): ProcessingMetrics {
    this.#remember();
    const failingMs = this.#failingSince === undefined ? 0 : this.#clock() - this.#failingSince;
    return {
      processed: this.#processed,
      failures: this.#failures,
      lagSeconds: Math.max(this.#lagMs, failingMs) / 1_000,
      perSecond: this.#perSecond(),
      batchHits: this.#batchHits.counts(),
      batchSeconds: this.#batchSeconds.counts(),
      oldestSeconds: this.#oldestSeconds.counts(),
    };
  }

  #perSecond(): number | undefined {
    const first = this.#history[0];
    const ms = first === undefined ? 0 : this.#now() - first.at;
    return first === undefined || ms < SHORTEST_WINDOW_MS
      ? undefined
      : ((this.#processed - first.processed) * 1_000) / ms;
  }

  /** Not more than a few times a second, so that the list stays short. */
  #remember(): void {
    const at = this.#now();
    const last = this.#history.at(-1);
    if (last !== undefined && at - last.at < SHORTEST_WINDOW_MS) return;
    this.#history.push({ at, processed: this.#processed });
    // One at the window's edge or before it stays, to count from.
    const edge = this.#history.findLastIndex((each) => at - each.at >= WINDOW_MS);
    if (edge > 0) this.#history.splice(0, edge);
  }
}
