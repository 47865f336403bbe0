import type { Message } from '@waybill/sdk';
import type { Kysely } from 'kysely';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { Database } from './schema.ts';

/** How often a message of mode `aggregate` was opened and clicked, by whomever. */
export async function messageCounts(
  db: Kysely<Database>,
  workspaceId: WorkspaceId,
  messageId: string,
): Promise<NonNullable<Message['counts']>> {
  const rows = await db
    .selectFrom('events')
    .select(['type', (eb) => eb.fn.countAll<number>().as('count')])
    .where('workspace_id', '=', workspaceId)
    .where('message_id', '=', messageId)
    .where('delivery_id', 'is', null)
    .where('type', 'in', ['opened', 'clicked'])
    .groupBy('type')
    .execute();
  const count = (type: string) => rows.find((row) => row.type === type)?.count ?? 0;
  return { opened: count('opened'), clicked: count('clicked') };
}
