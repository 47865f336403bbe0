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
