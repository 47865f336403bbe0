import type { Transaction } from 'kysely';
import { newRowId } from '../kernel/ids.ts';
import type { TimelineWork } from '../messages/messages.ts';
import { chunks } from './chunks.ts';
import { nextPositions } from './positions.ts';
import type { Database } from './schema.ts';
import { eventColumns, hitRow } from './timeline-rows.ts';

type Tx = Transaction<Database>;

/** Writes what one transaction decided: hits, events, verdicts, notifications and cursors. */
export async function writeTimeline(tx: Tx, work: TimelineWork, now: number): Promise<void> {
  for (const part of chunks(work.hits.map(hitRow))) {
    await tx
      .insertInto('hits')
      .values(part)
      .onConflict((conflict) => conflict.columns(['epoch', 'seq']).doNothing())
      .execute();
  }
  let position = await nextPositions(tx, work.newEvents.length + work.changedEvents.length);
  const newRows = work.newEvents.map(({ workspaceId, deliveryId, messageId, event }) => ({
    ...eventColumns(event),
    id: event.id,
    workspace_id: workspaceId,
    delivery_id: deliveryId,
    message_id: messageId,
    source: event.source,
    position: position++,
  }));
  for (const part of chunks(newRows)) {
    await tx
      .insertInto('events')
      .values(part)
      .onConflict((conflict) => conflict.column('source').doNothing())
      .execute();
  }
  for (const event of work.changedEvents) {
    await tx
      .updateTable('events')
      .set({ ...eventColumns(event), position: position++ })
      .where('id', '=', event.id)
      .execute();
  }
  for (const event of work.confirmedEvents) {
    await tx.updateTable('events').set(eventColumns(event)).where('id', '=', event.id).execute();
  }
  for (const delivery of work.deliveries) await updateDelivery(tx, delivery);
  await writeOutbox(tx, work, now);
  for (const [epoch, seq] of work.cursors) {
    await tx
      .insertInto('cursors')
      .values({ epoch, seq })
      .onConflict((conflict) => conflict.column('epoch').doUpdateSet({ seq }))
      .execute();
  }
}

async function updateDelivery(tx: Tx, delivery: TimelineWork['deliveries'][number]): Promise<void> {
  const { message_id: messageId } = await tx
    .updateTable('deliveries')
    .set({
      transport: delivery.transport,
      verdict_state: delivery.verdict.state,
      verdict_confidence: delivery.verdict.confidence,
      verdict_reasons: JSON.stringify(delivery.verdict.reasons),
      verdict_settled: delivery.verdict.settled ? 1 : 0,
      settle_at: delivery.settleAt,
      sent_at: delivery.sentAt,
      last_sign_at: delivery.lastSignAt,
      objected_at: delivery.objectedAt,
    })
    .where('id', '=', delivery.id)
    .returning('message_id')
    .executeTakeFirstOrThrow();
  const { lastSignAt, sentAt } = delivery;
  if (sentAt !== null) {
    await tx
      .updateTable('messages')
      .set({ sent_at: sentAt })
      .where('id', '=', messageId)
      .where('sent_at', 'is', null)
      .execute();
  }
  if (lastSignAt !== null) {
    await tx
      .updateTable('messages')
      .set({ last_sign_at: lastSignAt })
      .where('id', '=', messageId)
      .where((eb) => eb.or([eb('last_sign_at', 'is', null), eb('last_sign_at', '<', lastSignAt)]))
      .execute();
  }
}

async function writeOutbox(tx: Tx, work: TimelineWork, now: number): Promise<void> {
  const rows = work.outbox.map((entry) => ({
    id: newRowId(),
    workspace_id: entry.workspaceId,
    channel_id: entry.channelId,
    idempotency_key: entry.idempotencyKey,
    payload: JSON.stringify(entry.notification),
    state: 'pending',
    attempts: 0,
    next_attempt_at: now,
    last_error: null,
    created_at: now,
    sent_at: null,
  }));
  for (const part of chunks(rows)) {
    await tx
      .insertInto('outbox')
      .values(part)
      .onConflict((conflict) => conflict.column('idempotency_key').doNothing())
      .execute();
  }
}
