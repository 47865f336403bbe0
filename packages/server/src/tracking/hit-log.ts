import type { Hit, LoggedHit } from './hit.ts';

/** Port: where the edge writes. */
export interface HitLog {
  /** Resolves when the hit would survive a loss of power; rejects when it is not kept. */
  append(hit: Hit): Promise<void>;
  /** Deletes hits of `epoch` up to and including `upToSeq`, which the back end has stored. */
  trim(epoch: string, upToSeq: number): Promise<void>;
  /** Writes what is pending and closes. */
  close(): Promise<void>;
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
