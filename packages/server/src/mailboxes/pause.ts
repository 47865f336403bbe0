import type { RandomBytes } from '../kernel/ids.ts';

/** Pauses after failures, in ms: the first, doubled with each further one, up to the longest. */
export interface Pauses {
  firstMs: number;
  longestMs: number;
}

/**
 * The pause after the `failures`th failure in a row, ± 20 %, so that all connections to a server that was away do not
 * come back at one moment.
 * @param failures from 1
 */
export function pauseAfter(failures: number, { firstMs, longestMs }: Pauses, random: RandomBytes): number {
  const doubled = Math.min(firstMs * 2 ** Math.min(failures - 1, 40), longestMs);
  const share = Buffer.from(random(4)).readUInt32BE(0) / 2 ** 32;
  return Math.round(doubled * (0.8 + 0.4 * share));
}
