import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';

const MAX_KEYS = 20_000;

/** Counts failed attempts for each key within a window; in memory, since a restart is no attack. */
export class AttemptLimit {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #clock: Clock;
  readonly #attempts = new Map<string, { count: number; endsAt: number }>();

  constructor(options: { limit: number; windowMs: number; clock: Clock }) {
    this.#limit = options.limit;
    this.#windowMs = options.windowMs;
    this.#clock = options.clock;
  }

  /**
   * Counts an attempt before it is tried, so that parallel attempts cannot slip through.
   * @throws AppError `rate-limited`, with `retryAfterSeconds` in its details
   */
  begin(key: string): void {
    const now = this.#clock();
    let entry = this.#attempts.get(key);
    if (entry === undefined || entry.endsAt <= now) {
      if (this.#attempts.size >= MAX_KEYS) this.#sweep(now);
      entry = { count: 0, endsAt: now + this.#windowMs };
      this.#attempts.set(key, entry);
    }
    if (entry.count >= this.#limit) {
      const retryAfterSeconds = Math.ceil((entry.endsAt - now) / 1000);
      throw new AppError('rate-limited', 'Too many attempts to sign in. Wait a few minutes and try again.', {
        details: { retryAfterSeconds },
      });
    }
    entry.count += 1;
  }

  /** The attempt was a good one: it does not count, and earlier ones are forgiven. */
  succeed(key: string): void {
    this.#attempts.delete(key);
  }

  #sweep(now: number): void {
    for (const [key, entry] of this.#attempts) {
      if (entry.endsAt <= now) this.#attempts.delete(key);
    }
    // A flood of keys within one window: the oldest go first, memory stays bounded.
    for (const key of this.#attempts.keys()) {
      if (this.#attempts.size < MAX_KEYS) break;
      this.#attempts.delete(key);
    }
  }
}
