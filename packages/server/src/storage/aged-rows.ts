import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Engine } from './engine.ts';
import type { Database } from './schema.ts';

/**
 * Deletes the oldest rows of a table for which `condition` holds.
 * @param age column that orders them; it should have an index of such rows
 * @returns how many there were, at most `limit`
 */
export async function deleteOldest(
  { db, name }: Engine,
  table: keyof Database,
  { age, condition, limit }: { age: string; condition: RawBuilder<SqlBool>; limit: number },
): Promise<number> {
  // The row's own place, whatever its key is; an array is made once, a subquery with a limit may be run again.
  const oldest = (row: string) => sql`select ${sql.raw(row)} from ${sql.table(table)}
    where ${condition} order by ${sql.ref(age)} limit ${limit}`;
  const query =
    name === 'sqlite'
      ? sql`delete from ${sql.table(table)} where rowid in (${oldest('rowid')})`
      : sql`delete from ${sql.table(table)} where ctid = any(array(${oldest('ctid')}))`;
  const { numAffectedRows } = await query.execute(db);
  return Number(numAffectedRows ?? 0);
}
