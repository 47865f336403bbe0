/** Milliseconds since 1970-01-01 UTC. Passed in, so that pure code has no clock of its own. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** A day of UTC, which knows no others. */
export const DAY_MS = 86_400_000;

/** ISO 8601 UTC with milliseconds, the form of every time on the wire. */
export function toIso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
