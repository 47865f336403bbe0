import type { Clock } from '../kernel/clock.ts';
import { inSlices } from '../kernel/slices.ts';

const DAY_MS = 86_400_000;

/** Port: forgets what is over. Both delete the oldest first and say how many there were, at most `limit`. */
export interface QueuePurgeStore {
  /** Copies that are done with, whatever became of them. Their deliveries' timelines stay. */
  deleteDone(finishedBefore: number, limit: number): Promise<number>;
  /** Mails in the demo inbox. */
  deleteCaptured(capturedBefore: number, limit: number): Promise<number>;
}

/** Keeps the queue and the demo inbox from growing for ever. Run it every hour or so. */
export class QueuePurge {
  readonly #store: QueuePurgeStore;
  readonly #days: { done: number; captured: number };
  readonly #clock: Clock;

  constructor(deps: { store: QueuePurgeStore; days: { done: number; captured: number }; clock: Clock }) {
    this.#store = deps.store;
    this.#days = deps.days;
    this.#clock = deps.clock;
  }

  /** @returns how many rows were deleted */
  async run(): Promise<number> {
    const now = this.#clock();
    const done = await inSlices((limit) => this.#store.deleteDone(now - this.#days.done * DAY_MS, limit));
    return (
      done +
      (await inSlices((limit) => this.#store.deleteCaptured(now - this.#days.captured * DAY_MS, limit)))
    );
  }
}
