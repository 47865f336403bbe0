import type { Clock } from '../kernel/clock.ts';

export interface AuthLimits {
  windowMs: number;
  /** Failures of one user name from one address. */
  perName: number;
  /** Failures from one address, whatever the names. */
  perAddress: number;
  /** The answer to a wrong password waits this long; it doubles with each further one from the address. */
  firstDelayMs: number;
  longestDelayMs: number;
}

export const DEFAULT_AUTH_LIMITS: AuthLimits = {
  windowMs: 15 * 60_000,
  perName: 10,
  perAddress: 50,
  firstDelayMs: 250,
  longestDelayMs: 5_000,
};

const MAX_KEYS = 20_000;

/** Makes guessing passwords slow. In memory: a restart is no attack. */
export class AuthLimit {
  readonly #limits: AuthLimits;
  readonly #clock: Clock;
  readonly #failures = new Map<string, { count: number; endsAt: number }>();

  constructor(limits: AuthLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  isBlocked(address: string, username: string): boolean {
    return (
      this.#count(address) >= this.#limits.perAddress ||
      this.#count(nameKey(address, username)) >= this.#limits.perName
    );
  }

  /** @returns how long to wait before the answer, in ms */
  fail(address: string, username: string): number {
    this.#add(nameKey(address, username));
    const count = this.#add(address);
    const { firstDelayMs, longestDelayMs } = this.#limits;
    return Math.min(firstDelayMs * 2 ** (count - 1), longestDelayMs);
  }

  /** A good password forgives the wrong ones of this name, so that a typo is not held against anybody for long. */
  succeed(address: string, username: string): void {
    this.#failures.delete(nameKey(address, username));
  }

  #count(key: string): number {
    const entry = this.#failures.get(key);
    return entry === undefined || entry.endsAt <= this.#clock() ? 0 : entry.count;
  }

  #add(key: string): number {
    const now = this.#clock();
    const count = this.#count(key) + 1;
    const endsAt = count === 1 ? now + this.#limits.windowMs : (this.#failures.get(key)?.endsAt ?? now);
    // Reinsertion keeps the oldest entry first, which a flood of keys pushes out.
    this.#failures.delete(key);
    this.#failures.set(key, { count, endsAt });
    if (this.#failures.size > MAX_KEYS) {
      const [oldest] = this.#failures.keys();
      if (oldest !== undefined) this.#failures.delete(oldest);
    }
    return count;
  }
}

function nameKey(address: string, username: string): string {
  return `${address} ${username.toLowerCase()}`;
}
