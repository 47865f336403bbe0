import { DAY_MS, type Clock } from './clock.ts';

/** Rows in a transaction: nobody waits long for one. */
const SLICE = 500;

/**
 * Deletes all that there is to delete, in small transactions. After each one the store is left to others for as long
 * as it took, so that a purge of a million rows is slow and holds nobody up.
 * @param deleteSome deletes at most `limit` rows and says how many there were
 * @returns how many were deleted in all
 */
export async function inSlices(deleteSome: (limit: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const startedAt = performance.now();
    const count = await deleteSome(SLICE);
    total += count;
    if (count < SLICE) return total;
    const tookMs = performance.now() - startedAt;
    await new Promise((resolve) => setTimeout(resolve, tookMs));
  }
}

/** Rows that are kept for a time only. */
export interface Aged {
  days: number;
  /** Deletes the oldest of those from before a time in ms, at most `limit`, and says how many there were. */
  deleteOlder(before: number, limit: number): Promise<number>;
}

/** Keeps a table from growing for ever; run it every hour or so. @returns how many rows were deleted */
export function forgetAged({ days, deleteOlder }: Aged, clock: Clock): Promise<number> {
  const before = clock() - days * DAY_MS;
  return inSlices((limit) => deleteOlder(before, limit));
}
