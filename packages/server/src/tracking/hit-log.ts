import type { Hit, LoggedHit } from './hit.ts';

/**
 * Port: where the edge writes. What is promised: once `append` has resolved, the hit survives the end of the process by
 * SIGKILL, a crash of the system and a loss of power (as far as the disk keeps what it confirmed), and the back end reads
 * it exactly once behind its cursors. An answer goes out after that and not before.
 */
export interface HitLog {
  /**
   * Resolves when the hit would survive a loss of power; rejects when it is not known to be kept, at the latest after
   * five seconds. Hits that are made durable together get the same promise, in the order of their appending.
   */
  append(hit: Hit): Promise<void>;
  /** Never waits. */
  status(): HitLogStatus;
  /** Writes what is pending and closes. */
  close(): Promise<void>;
}

export interface HitLogStatus {
  /** False from a failed write until a write, of a hit or of the log's own probe, is durable again. */
  ready: boolean;
  /** Durable batches since the start; hits divided by commits is the size of a batch. */
  commits: number;
}

/** Port: where the back end reads, and removes what it has stored. */
export interface HitSource {
  /**
   * Hits behind the cursors, of each epoch in the order of their sequence. An epoch without cursor is read from its
   * start: a restored or new log is never hidden by the cursor of another. A damaged place is kept aside and reported,
   * and what can be read behind it is read.
   */
  read(cursors: ReadonlyMap<string, number>, limit: number): Promise<LoggedHit[]>;
  /** How many hits are behind the cursors. */
  backlog(cursors: ReadonlyMap<string, number>): Promise<number>;
  /** Removes hits up to the cursors, sooner or later: they may come again for a reader without cursors until then. */
  trim(cursors: ReadonlyMap<string, number>): Promise<void>;
  close(): Promise<void>;
}
