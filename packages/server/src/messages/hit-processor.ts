import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { HitSource, LoggedHit } from '../tracking/tracking.ts';
import { cursorsAfter } from './logged-hits.ts';
import { ProcessingMeasures, type ProcessingMetrics } from './processing-measures.ts';
import type { PreparedHits, Timeline } from './timeline.ts';

export interface HitProcessorOptions {
  /** Hits of one transaction, at first; more or fewer when that takes much less or more than {@link BATCH_MS}. */
  batchSize: number;
  /** Pause when there is nothing to do, and between settling rounds, ms. */
  pollMs: number;
  /** Pause after a failure, ms. */
  retryMs: number;
}

/** Hits that were read, at most `size`, when `asked` were waiting for all that there are. */
interface Batch {
  prepared: PreparedHits;
  size: number;
  asked: number;
}

const DEFAULTS: HitProcessorOptions = { batchSize: 500, pollMs: 100, retryMs: 1000 };

/** Verdicts are settled that often; those that are computed again while no batch is being written, ms. */
const SETTLE_MS = 500;
/** More hits in one transaction cost less each: while they come one by one, they are waited for so long, ms. */
const GATHER_MS = 20;

/**
 * What writing a batch may take. Nobody else writes to the database meanwhile, so it is short; within it, the more hits share a
 * transaction the less each costs.
 */
const BATCH_MS = 150;
const SMALLEST_BATCH = 100;
const LARGEST_BATCH = 2_000;

/**
 * Reads the hit log behind the cursors and records it on the timelines, at least once by reading and
 * exactly once in effect, since cursor and events are one transaction. The log itself is the buffer.
 */
export class HitProcessor {
  readonly #source: HitSource;
  readonly #timeline: Timeline;
  readonly #logger: Logger;
  readonly #onRecorded: (hits: readonly LoggedHit[]) => void;
  readonly #options: HitProcessorOptions;
  readonly #measures: ProcessingMeasures;
  #batchSize: number;
  /** What was written last; undefined until that was asked for. */
  #written: ReadonlyMap<string, number> | undefined;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  /** Whom to tell when all hits that were durable when they asked are on the timelines. */
  #waiting: (() => void)[] = [];

  constructor(
    dependencies: {
      source: HitSource;
      timeline: Timeline;
      clock: Clock;
      logger: Logger;
      /** Told what is on the timelines now; returns at once. */
      onRecorded?: (hits: readonly LoggedHit[]) => void;
    },
    options: Partial<HitProcessorOptions> = {},
  ) {
    this.#source = dependencies.source;
    this.#timeline = dependencies.timeline;
    this.#logger = dependencies.logger;
    this.#onRecorded = dependencies.onRecorded ?? (() => undefined);
    this.#measures = new ProcessingMeasures(dependencies.clock);
    this.#options = { ...DEFAULTS, ...options };
    this.#batchSize = this.#options.batchSize;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends after the transaction that is under way. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  /**
   * Resolves when every hit that is durable now is on its timeline; after `patienceMs` in any case. For facts that
   * divide hits into before and after, where the hits of a privacy mode bear only the day.
   */
  async caughtUp(patienceMs = 2000): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patienceMs);
    this.#waiting.push(resolve);
    await promise;
    clearTimeout(timer);
  }

  metrics(): ProcessingMetrics {
    return this.#measures.metrics();
  }

  /** Hits that are durable and not on their timelines yet; also while the database is away. */
  async backlog(): Promise<number> {
    return this.#source.backlog(this.#written ?? (await this.#timeline.cursors()));
  }

  /** Towards the number of hits that take what a batch may take; not by leaps, one may have been held up by others. */
  #adapt(tookMs: number): void {
    const factor = Math.min(1.5, Math.max(0.67, BATCH_MS / tookMs));
    const size = Math.round(this.#batchSize * factor);
    this.#batchSize = Math.min(Math.max(size, SMALLEST_BATCH), LARGEST_BATCH);
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        this.#measures.failed();
        this.#logger.error({ err: error }, 'hits could not be processed; trying again');
        await pause(this.#options.retryMs, signal);
      }
    }
  }

  /**
   * Reads on behind the stored cursors, until the signal or the first failure. While one batch is written the next one is
   * judged, and what the two after that need is read: this thread sees what has come only when it judges nothing, and
   * would otherwise ask for the next only then.
   */
  async #follow(signal: AbortSignal): Promise<void> {
    let cursors = await this.#timeline.cursors();
    this.#written = cursors;
    let writing = Promise.resolve();
    let settling: Promise<unknown> = Promise.resolve();
    let settledAt = 0;
    let ahead: Promise<Batch>[] = [];
    let failure: { error: unknown } | undefined;
    const noteFailure = (error: unknown): void => void (failure ??= { error });
    try {
      while (!signal.aborted) {
        if (failure !== undefined) throw failure.error;
        const batch = await (ahead.shift() ?? this.#read(cursors));
        const { prepared, asked } = batch;
        const { hits } = prepared;
        const isIdle = isLast(batch);
        if (isIdle) ahead = [];
        if (hits.length > 0) {
          const after = cursors;
          cursors = cursorsAfter(hits, after);
          if (!isIdle) {
            ahead = this.#readAhead(cursors, ahead);
            // What has come from the other threads is seen now, so that they have work while this one judges.
            await setImmediate();
          }
          const begun = performance.now();
          const { written } = await this.#timeline.takeHits(prepared, after);
          writing = this.#finish(hits, { written, begun, cursors });
          writing.catch(noteFailure);
          // With the wait for the batch before: the longest of the steps that several batches are in.
          if (!isIdle) this.#adapt(performance.now() - begun);
        } else this.#measures.idle();
        if (isIdle && asked > 0) {
          await writing;
          for (const resolve of this.#waiting.splice(0, asked)) resolve();
        } else if (performance.now() - settledAt >= SETTLE_MS) {
          await settling;
          settling = this.#timeline.settlePlainly();
          settling.catch(noteFailure);
          const due = await this.#timeline.dueForSettling();
          if (due.length > 0) await writing;
          await this.#timeline.settleAnew(due);
          settledAt = performance.now();
        } else if (isIdle) await pause(hits.length === 0 ? this.#options.pollMs : GATHER_MS, signal);
      }
    } finally {
      // Nobody is asked anything when this has ended.
      await Promise.allSettled(ahead);
      await Promise.all([writing, settling]);
    }
  }

  /** @param begun what is being read behind these cursors */
  #readAhead(cursors: ReadonlyMap<string, number>, begun: readonly Promise<Batch>[]): Promise<Batch>[] {
    const [first = this.#read(cursors), second = this.#readBehind(first, cursors)] = begun;
    // Whoever waits for them meets their failure.
    for (const reading of [first, second]) reading.catch(() => undefined);
    return [first, second];
  }

  /** What comes behind a batch; the same one again when nothing does. */
  async #readBehind(reading: Promise<Batch>, cursors: ReadonlyMap<string, number>): Promise<Batch> {
    const batch = await reading;
    return isLast(batch) || this.#abort.signal.aborted
      ? batch
      : this.#read(cursorsAfter(batch.prepared.hits, cursors));
  }

  async #read(cursors: ReadonlyMap<string, number>): Promise<Batch> {
    // Whoever asks while this read runs may mean a hit that it does not see.
    const asked = this.#waiting.length;
    const size = this.#batchSize;
    return { prepared: this.#timeline.prepareHits(await this.#source.read(cursors, size)), size, asked };
  }

  async #finish(
    hits: readonly LoggedHit[],
    batch: { written: Promise<void>; begun: number; cursors: ReadonlyMap<string, number> },
  ): Promise<void> {
    await batch.written;
    this.#written = batch.cursors;
    this.#onRecorded(hits);
    this.#measures.wrote(hits.length, oldestOf(hits), performance.now() - batch.begun);
  }
}

/** When the oldest of them was answered. Hits of other modes bear only their day. */
function oldestOf(hits: readonly LoggedHit[]): number | undefined {
  const oldest = hits.reduce(
    (least, { at, mode }) => (mode === 'full' ? Math.min(least, at) : least),
    Number.POSITIVE_INFINITY,
  );
  return Number.isFinite(oldest) ? oldest : undefined;
}

/** Whether there was nothing more to read. */
function isLast({ prepared, size }: Batch): boolean {
  return prepared.hits.length < size;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
