import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** What no pause exceeds, jitter included, ms. */
export interface LongestPauses {
  mail: number;
  notification: number;
}

/**
 * Makes due what waits longer than any pause allows: its time was set by a clock that was wrong, and by the right one
 * it would wait for hours or days. Cheap, and harmless to repeat.
 * @returns how many mails and notifications there were
 */
export async function pullBackFromFuture(
  db: Kysely<Database>,
  now: number,
  pauses: LongestPauses,
): Promise<number> {
  const mails = await db
    .updateTable('queue')
    .set({ next_attempt_at: now })
    .where('state', '=', 'ready')
    .where('next_attempt_at', '>', now + pauses.mail)
    .executeTakeFirst();
  const notifications = await db
    .updateTable('outbox')
    .set({ next_attempt_at: now })
    .where('state', '=', 'pending')
    .where('next_attempt_at', '>', now + pauses.notification)
    .executeTakeFirst();
  return Number(mails.numUpdatedRows + notifications.numUpdatedRows);
}
