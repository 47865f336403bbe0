import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../kernel/errors.ts';
import { Histogram } from '../kernel/histogram.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Hit, HitLog, HitLogStatus } from '../tracking/tracking.ts';
import { FrameEncoder } from './hit-frame.ts';
import { isFull, Segment, SEGMENT_HEAD_BYTES, systemDisk, type Disk } from './hit-segment.ts';
import { LARGEST_BATCH, WaitingHits, type Batch } from './waiting-hits.ts';

/** A reader does not wait longer than this for a disk that hangs. */
const PATIENCE_MS = 5_000;
const PROBE_EVERY_MS = 1_000;
/** Bounds, from what a disk with a battery takes to what a reader gives up at. */
const COMMIT_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5,
];
const BATCH_HITS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000];
/** Segments are trimmed whole, so what the back end has stored stays here at most about this long, or this much. */
const LONGEST_SEGMENT_MS = 3_600_000;
const LARGEST_SEGMENT_BYTES = 64 * 1_048_576;
/**
 * Under load a commit begins when so much of the crowd waits for it: the rest is answered and asks again meanwhile, so
 * that the processor has work while the disk has. Each commit costs the processor as much as several hits.
 */
const SHARE_OF_CROWD = 0.75;
/** A crowd that has stopped coming is not waited for; a hit that comes alone never waits. */
const LONGEST_LULL_MS = 0.1;
/** Nor is one waited for longer than this after the begin of the last commit. */
const LONGEST_INTERVAL_MS = 1.5;

export interface LocalHitLogOptions {
  /** Folder of the logs of all listeners; made when missing. */
  directory: string;
  /** Which listener's: each process writes a log of its own. */
  worker?: number;
  logger: Logger;
  disk?: Disk;
}

/** The folder of one listener's segments. */
export function workerFolder(worker: number): string {
  return `edge-${worker}`;
}

/**
 * The hit log as append-only segment files with checksums. Every opening begins a new epoch in a new file, so nothing
 * has to be read or repaired before the first hit, and no number that a reader may have seen is ever given again.
 *
 * Group commit: while one batch is written and synced (on libuv's threads), the next one gathers, so a lone hit waits for
 * one sync and a crowd shares them.
 */
export class LocalHitLog implements HitLog {
  readonly #directory: string;
  readonly #disk: Disk;
  readonly #logger: Logger;
  readonly #epoch = randomBytes(8).toString('hex');
  readonly #encoder = new FrameEncoder();
  #segment: Segment | undefined;
  #segmentSince = 0;
  #nextSeq = 1;
  readonly #waiting = new WaitingHits();
  #commits = 0;
  readonly #commitSeconds = new Histogram(COMMIT_SECONDS);
  readonly #batchHits = new Histogram(BATCH_HITS);
  #lastCommitAt = 0;
  /** Hits of the last commit, and those that came during it. */
  #crowd = 0;
  #ready = true;
  #stalled = false;
  #closed = false;
  #isProbeDue = false;
  #working: Promise<void> | undefined;
  #probe: NodeJS.Timeout | undefined;
  #rotation: NodeJS.Timeout | undefined;

  constructor({ directory, worker = 0, logger, disk = systemDisk }: LocalHitLogOptions) {
    this.#directory = join(directory, workerFolder(worker));
    this.#disk = disk;
    this.#logger = logger;
  }

  append(hit: Hit): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the hit log is closed'));
    const batch = this.#stalled ? undefined : this.#waiting.add(hit);
    if (batch === undefined)
      return Promise.reject(new AppError('unavailable', 'the disk of the hit log does not keep up'));
    this.#working ??= this.#work();
    return batch.done.promise;
  }

  status(): HitLogStatus {
    return { ready: this.#ready && !this.#stalled, commits: this.#commits };
  }

  /** Histograms of what became durable, as {@link Histogram.flat} writes them: `commit_seconds` and `batch_hits`. */
  measures(): Record<string, number> {
    return { ...this.#commitSeconds.flat('commit_seconds'), ...this.#batchHits.flat('batch_hits') };
  }

  /** Opens the file, so that trouble shows at the start; a log that cannot be opened is tried again. */
  async warmUp(): Promise<void> {
    this.#isProbeDue = true;
    await (this.#working ??= this.#work());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#probe);
    clearTimeout(this.#rotation);
    await this.#working;
    await this.#segment?.close();
  }

  /** The only one that touches the disk. */
  async #work(): Promise<void> {
    // Requests that arrived in the same turn of the event loop belong to the first batch.
    await nextTurn();
    for (;;) {
      const { first } = this.#waiting;
      if (first !== undefined) {
        await this.#gather(first);
        const batch = this.#waiting.take();
        if (batch !== undefined) await this.#commit(batch);
      } else if (this.#isProbeDue) {
        this.#isProbeDue = false;
        const probe = { hits: [], done: Promise.withResolvers<void>(), since: performance.now() };
        probe.done.promise.catch(() => {});
        await this.#commit(probe);
      } else break;
    }
    this.#working = undefined;
  }

  /** Waits for most of a crowd, while it keeps coming in. */
  async #gather({ hits }: Batch): Promise<void> {
    const enough = Math.min(LARGEST_BATCH, this.#crowd * SHARE_OF_CROWD);
    let size = 0;
    let grownAt = 0;
    while (this.#crowd > 1 && hits.length < enough) {
      const now = performance.now();
      if (hits.length > size) {
        size = hits.length;
        grownAt = now;
      }
      if (now - grownAt > LONGEST_LULL_MS || now - this.#lastCommitAt > LONGEST_INTERVAL_MS) return;
      await nextTurn();
    }
  }

  async #commit({ hits, done, since }: Pick<Batch, 'hits' | 'done' | 'since'>): Promise<void> {
    this.#lastCommitAt = performance.now();
    // From its first hit on: on a slow disk that one may have waited for a commit before already.
    const leftMs = since + PATIENCE_MS - this.#lastCommitAt;
    const patience = setTimeout(() => this.#stall(done), leftMs);
    try {
      await this.#write(hits);
      if (hits.length > 0) {
        this.#commits += 1;
        this.#commitSeconds.observe((performance.now() - this.#lastCommitAt) / 1_000);
        this.#batchHits.observe(hits.length);
      }
      this.#succeeded();
      done.resolve();
    } catch (error) {
      this.#failed(error);
      done.reject(error);
    } finally {
      clearTimeout(patience);
      this.#stalled = false;
      this.#crowd = hits.length + this.#waiting.count;
    }
  }

  /** One frame, durable; without hits it is a probe. */
  async #write(hits: readonly Hit[]): Promise<void> {
    const segment = await this.#openSegment();
    // Numbers of a frame that failed are not given again: it may be on the disk all the same.
    const firstSeq = this.#nextSeq;
    this.#nextSeq += hits.length;
    try {
      if (hits.length === 0) await segment.probe();
      else await segment.append(this.#encoder.encode(hits, firstSeq));
    } catch (error) {
      this.#encoder.begin();
      await segment.takeBack();
      // A full disk may also be told of by the sync (XFS, NFS, quotas), and then it is one that failed.
      if (segment.isDoubtful || !isFull(error)) {
        this.#segment = undefined;
        await segment.close();
      }
      throw error;
    }
  }

  async #openSegment(): Promise<Segment> {
    const current = this.#segment;
    if (current !== undefined) {
      const isEmpty = current.sizeBytes === SEGMENT_HEAD_BYTES;
      if (isEmpty) this.#rotateLater();
      const isOld = performance.now() - this.#segmentSince > LONGEST_SEGMENT_MS;
      if (isEmpty || !(isOld || current.sizeBytes > LARGEST_SEGMENT_BYTES)) return current;
      this.#segment = undefined;
      await current.close();
    }
    const segment = await Segment.create(this.#disk, this.#directory, this.#epoch);
    this.#encoder.begin();
    this.#segment = segment;
    this.#rotateLater();
    return segment;
  }

  /** Also without further hits the last ones must become trimmable. */
  #rotateLater(): void {
    this.#segmentSince = performance.now();
    clearTimeout(this.#rotation);
    this.#rotation = setTimeout(() => void this.warmUp(), LONGEST_SEGMENT_MS + 1_000).unref();
  }

  /** What waits is given up for the readers' sake. What the disk has in hand may still become durable. */
  #stall(current: PromiseWithResolvers<void>): void {
    this.#stalled = true;
    const error = new AppError('unavailable', 'the disk of the hit log hangs');
    for (const { reject } of [current, ...this.#waiting.takeAll().map(({ done }) => done)]) reject(error);
  }

  #succeeded(): void {
    this.#ready = true;
    clearTimeout(this.#probe);
    this.#probe = undefined;
  }

  /** Without hits (a load balancer may have taken them elsewhere) only a probe finds out that all is well again. */
  #failed(error: unknown): void {
    if (this.#ready) this.#logger.error({ err: error }, 'the hit log cannot be written');
    this.#ready = false;
    if (this.#closed) return;
    this.#probe ??= setTimeout(() => {
      this.#probe = undefined;
      void this.warmUp();
    }, PROBE_EVERY_MS).unref();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * @throws the system's error when the directory cannot be made. A log that cannot be opened in it throws nothing:
 *   images and links must work with a full disk, too; its status is not ready until it can
 */
export async function openLocalHitLog(options: LocalHitLogOptions): Promise<LocalHitLog> {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const log = new LocalHitLog(options);
  await log.warmUp();
  return log;
}
