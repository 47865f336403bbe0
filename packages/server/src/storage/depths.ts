import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** What waits to be done. */
export interface Depths {
  /** Mails by state: `ready`, `sending`, `settled`. */
  queue: Record<string, number>;
  notifications: number;
}

/** Cheap: both counts are of what an index holds of these states alone. */
export async function countDepths(db: Kysely<Database>): Promise<Depths> {
  const states = ['ready', 'sending', 'settled'];
  const mails = await db
    .selectFrom('queue')
    .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
    .where('state', 'in', states)
    .groupBy('state')
    .execute();
  const pending = await db
    .selectFrom('outbox')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('state', '=', 'pending')
    .executeTakeFirst();
  return {
    queue: Object.fromEntries(
      states.map((state) => [state, mails.find((row) => row.state === state)?.count ?? 0]),
    ),
    notifications: pending?.count ?? 0,
  };
}
