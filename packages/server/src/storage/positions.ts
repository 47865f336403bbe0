import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

/**
 * Reserves `count` change numbers inside the transaction and gives the first of them. The row lock makes
 * numbers become visible in their order, so a stream that read up to N has missed nothing below N.
 */
export async function nextPositions(tx: Transaction<Database>, count: number): Promise<number> {
  if (count === 0) return 0;
  const { value } = await tx
    .updateTable('counters')
    .set({ value: sql<number>`value + ${count}` })
    .where('name', '=', 'position')
    .returning('value')
    .executeTakeFirstOrThrow();
  return value - count + 1;
}
