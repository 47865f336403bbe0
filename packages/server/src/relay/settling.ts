import { Groups } from '../kernel/groups.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Attempt } from './pipeline.ts';
import type { CapturedCopy, Outcome, QueueStore, SettledMail } from './ports.ts';
import type { Telling } from './telling.ts';

/** Outcomes that are written together. */
const SETTLE = 200;
const LONGEST_PAUSE_MS = 2_000;

export interface SettlingOptions {
  store: Pick<QueueStore, 'settle'>;
  telling: Pick<Telling, 'conclude'>;
  /** Whether the queue ends: then a store that is away is not waited for. */
  isStopped: () => boolean;
  logger: Logger;
}

/** Makes what attempts came to durable. */
export class Settling {
  readonly #options: SettlingOptions;
  readonly #outcomes: Groups<{ id: string; outcome: Outcome; captured?: CapturedCopy }, void>;

  constructor(options: SettlingOptions) {
    this.#options = options;
    this.#outcomes = new Groups((outcomes) => options.store.settle(outcomes), SETTLE);
  }

  /**
   * Makes an outcome durable: with all that follows from it where that is the timeline alone, or else by itself.
   * @returns whether it is told
   * @throws when the store takes nothing and the queue ends
   */
  async write(ended: SettledMail, attempt: Attempt): Promise<boolean> {
    const { id, outcome } = ended;
    if (attempt.kind !== 'captured' && outcome.notice === undefined) {
      try {
        await this.#options.telling.conclude(ended);
        return true;
      } catch (err) {
        this.#options.logger.warn({ err, queueId: id }, 'an outcome is written down before it is told');
      }
    }
    const captured = attempt.kind === 'captured' ? { captured: attempt.copy } : {};
    await this.#persist(() => this.#outcomes.call({ id, outcome, ...captured }));
    return false;
  }

  /** What was sent must be written down, or it is sent again: the store gets as many chances as it needs. */
  async #persist(write: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await write();
      } catch (error) {
        if (this.#options.isStopped()) throw error;
        if (attempt === 1)
          this.#options.logger.warn({ err: error }, 'an outcome could not be stored, it is tried again');
        await new Promise((resolve) => setTimeout(resolve, Math.min(100 * attempt, LONGEST_PAUSE_MS)));
      }
    }
  }
}
