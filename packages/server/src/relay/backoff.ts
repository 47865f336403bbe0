import type { RandomBytes } from '../kernel/ids.ts';

/** When a mail that could not be delivered is tried again. All times in ms. */
export interface RetryPolicy {
  /** The pause after the first failure; it doubles with each further one. */
  firstPauseMs: number;
  longestPauseMs: number;
  /** How long a mail is tried, counted from its acceptance (RFC 5321 §4.5.4.1 asks for 4 to 5 days). */
  expiryMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  // Many a refusal is over in seconds; a greylisting server (RFC 6647) only counts the minutes.
  firstPauseMs: 15_000,
  longestPauseMs: 3_600_000,
  expiryMs: 5 * 86_400_000,
};

/**
 * The pause after the `attempts`th failure, ± 20 %, so that mails which failed together do not come back together.
 * @param attempts from 1
 */
export function pauseMs(policy: RetryPolicy, attempts: number, random: RandomBytes): number {
  // 2^60 pauses are beyond any cap; a larger exponent would only risk Infinity.
  const doubled = policy.firstPauseMs * 2 ** Math.min(attempts - 1, 60);
  const capped = Math.min(doubled, policy.longestPauseMs);
  const share = Buffer.from(random(4)).readUInt32BE(0) / 2 ** 32;
  return Math.round(capped * (0.8 + 0.4 * share));
}
