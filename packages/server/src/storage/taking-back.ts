import type { NewMail } from '../messages/messages.ts';
import type { Statement } from './statements.ts';

/**
 * Takes a mail out again that was committed a moment ago and could not be made durable: as if it had never come. A copy
 * that the queue has taken up meanwhile stays with what belongs to it, since it may be out.
 */
export function takingBack({ messageId, content, queue = [], deliveries }: NewMail): Statement[] {
  const ofDeliveries = deliveries.map(({ id }) => [id]);
  const ofMessage = [[messageId, messageId]];
  const isOut = 'exists (select 1 from queue where queue.message_id = ?)';
  return [
    // As they came: with their first attempt promised to the sending line, or none.
    {
      sql: `delete from queue where id = ? and attempts = ? and state = ?`,
      rows: queue.map(({ id, claimed }) => (claimed === true ? [id, 1, 'sending'] : [id, 0, 'ready'])),
    },
    ...['return_paths', 'events'].map((table) => ({
      sql: `delete from ${table} where delivery_id = ?
        and not exists (select 1 from queue where queue.delivery_id = ${table}.delivery_id)`,
      rows: ofDeliveries,
    })),
    {
      sql: `delete from deliveries where id = ?
        and not exists (select 1 from queue where queue.delivery_id = deliveries.id)`,
      rows: ofDeliveries,
    },
    {
      sql: `delete from contents where id = ?
        and not exists (select 1 from queue where queue.content_id = contents.id)`,
      rows: content === undefined ? [] : [[content.id]],
    },
    ...['sent_copies', 'message_links'].map((table) => ({
      sql: `delete from ${table} where message_id = ? and not ${isOut}`,
      rows: ofMessage,
    })),
    { sql: `delete from messages where id = ? and not ${isOut}`, rows: ofMessage },
  ];
}
