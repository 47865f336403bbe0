import type { Clock } from '../kernel/clock.ts';
import type { Refusal } from './session-policy.ts';

interface Bucket {
  /** Recipients that may still be named. */
  left: number;
  at: number;
}

const HOUR_MS = 3_600_000;
const MAX_BUCKETS = 20_000;

/**
 * How many recipients a credential, or an address, may name in an hour: a token bucket for each. All of it may be used
 * at once; it fills again evenly. In memory: a restart is no attack.
 */
export class SendRate {
  readonly #perHour: number;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  /** @param perHour 0: no limit */
  constructor(perHour: number, clock: Clock) {
    this.#perHour = perHour;
    this.#clock = clock;
  }

  /** Whether another recipient may be named by all of these; names none. */
  check(keys: readonly string[]): Refusal | undefined {
    if (this.#perHour === 0 || keys.every((key) => this.#fill(key).left >= 1)) return undefined;
    const minutes = Math.ceil(60 / this.#perHour);
    return {
      code: 450,
      enhanced: '4.7.1',
      text: `More than ${this.#perHour} recipients in an hour. Send the rest later; one more may go in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`,
    };
  }

  /** Names one recipient more. */
  use(keys: readonly string[]): Refusal | undefined {
    const refusal = this.check(keys);
    if (refusal === undefined && this.#perHour > 0) for (const key of keys) this.#fill(key).left -= 1;
    return refusal;
  }

  #fill(key: string): Bucket {
    const now = this.#clock();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { left: this.#perHour, at: now };
      this.#buckets.set(key, bucket);
      this.#forgetFull(now);
      return bucket;
    }
    const gained = (Math.max(0, now - bucket.at) / HOUR_MS) * this.#perHour;
    bucket.left = Math.min(this.#perHour, bucket.left + gained);
    bucket.at = now;
    return bucket;
  }

  /** What has not been used for an hour is full again, and says nothing. */
  #forgetFull(now: number): void {
    if (this.#buckets.size <= MAX_BUCKETS) return;
    for (const [key, { at }] of this.#buckets) if (now - at >= HOUR_MS) this.#buckets.delete(key);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_BUCKETS && oldest !== undefined) this.#buckets.delete(oldest);
  }
}
