/** Milliseconds since 1970-01-01 UTC. Passed in, so that pure code has no clock of its own. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** ISO 8601 UTC with milliseconds, the form of every time on the wire. */
export function toIso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
