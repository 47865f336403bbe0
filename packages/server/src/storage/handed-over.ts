import type { Mode } from '@waybill/sdk';
import type { Kysely } from 'kysely';
import type { DeliveryId, MessageId, TrackingNumber, WorkspaceId } from '../kernel/ids.ts';
import type { HandedOver } from '../messages/messages.ts';
import type { Database } from './schema.ts';

/** @see MessageStore.handedOver */
export async function readHandedOver(
  db: Kysely<Database>,
  workspaceId: WorkspaceId,
  messageId: MessageId,
): Promise<HandedOver | undefined> {
  const rows = await db
    .selectFrom('messages')
    .innerJoin('deliveries', 'deliveries.message_id', 'messages.id')
    .select(['mode', 'deliveries.id', 'tracking_number', 'recipient', 'untouched_code', 'untouched_text'])
    .where('messages.id', '=', messageId)
    .where('messages.workspace_id', '=', workspaceId)
    .where('source', '=', 'snippet')
    .execute();
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    mode: first.mode as Mode,
    copies: rows.map((row) => ({
      id: row.id as DeliveryId,
      trackingNumber: row.tracking_number as TrackingNumber,
      recipient: row.recipient,
      untouched:
        row.untouched_code === null ? null : { code: row.untouched_code, text: row.untouched_text ?? '' },
    })),
  };
}
