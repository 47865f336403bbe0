import type { Hit, LoggedHit } from './hit.ts';

/** Port: where the edge writes. */
export interface HitLog {
  /** Resolves when the hit would survive a loss of power; rejects when it is not known to be kept. */
  append(hit: Hit): Promise<void>;
  /** Deletes hits of `epoch` up to and including `upToSeq`, which the back end has stored. */
  trim(epoch: string, upToSeq: number): Promise<void>;
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

/** Port: where the back end reads. */
export interface HitSource {
  /**
   * Hits behind the cursors, of each epoch in the order of their sequence. An epoch without cursor is read from its
   * start: a restored or new log is never hidden by the cursor of another.
   */
  read(cursors: ReadonlyMap<string, number>, limit: number): Promise<LoggedHit[]>;
  close(): Promise<void>;
}
