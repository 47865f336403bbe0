import type { Transaction } from 'kysely';
import { newRowId } from '../kernel/ids.ts';
import type { TimelineWork } from '../messages/messages.ts';
import type { Database } from './schema.ts';
import { insertion, POSITION_BACK, reservePositions, runStatements, type Statement } from './statements.ts';
import { eventColumns, hitRow } from './timeline-rows.ts';

/** Writes what one transaction decided: hits, events, verdicts, notifications and cursors. */
export async function writeTimeline(
  tx: Transaction<Database>,
  work: TimelineWork,
  now: number,
): Promise<void> {
  const results = await runStatements(tx, [
    updateDeliveries(work.deliveries),
    insertion('hits', work.hits.map(hitRow), { onConflict: 'epoch, seq' }),
    ...writeEvents(work),
    ...updateMessages(work.deliveries),
    writeOutbox(work, now),
    writeCursors(work.cursors),
  ]);
  if (results[0]?.length !== work.deliveries.length) {
    throw new Error('a delivery went away while its timeline was written');
  }
}

function writeEvents(work: TimelineWork): Statement[] {
  // Counted back from the last number that is reserved here.
  let back = work.newEvents.length + work.changedEvents.length;
  const reserved = reservePositions(back);
  const added = work.newEvents.map(({ workspaceId, deliveryId, messageId, event }) => ({
    ...eventColumns(event),
    id: event.id,
    workspace_id: workspaceId,
    delivery_id: deliveryId,
    message_id: messageId,
    source: event.source,
    position: --back,
  }));
  const changed = work.changedEvents.map((event) => ({
    ...eventColumns(event),
    position: --back,
    id: event.id,
  }));
  const confirmed = work.confirmedEvents.map((event) => ({ ...eventColumns(event), id: event.id }));
  return [
    reserved,
    insertion('events', added, { expressions: { position: POSITION_BACK }, onConflict: 'source' }),
    eventUpdate(changed),
    eventUpdate(confirmed),
  ];
}

/** @param rows the columns to set, and last the id */
function eventUpdate(rows: readonly Record<string, unknown>[]): Statement {
  const columns = Object.keys(rows[0] ?? {}).slice(0, -1);
  const sets = columns.map((column) => `"${column}" = ${column === 'position' ? POSITION_BACK : '?'}`);
  return {
    sql: `update events set ${sets.join(', ')} where id = ?`,
    rows: rows.map((row) => Object.values(row)),
  };
}

function updateDeliveries(deliveries: TimelineWork['deliveries']): Statement {
  return {
    sql: `update deliveries set transport = ?, verdict_state = ?, verdict_confidence = ?, verdict_reasons = ?,
      verdict_settled = ?, settle_at = ?, sent_at = ?, last_sign_at = ?, objected_at = ?
      where id = ? returning message_id`,
    rows: deliveries.map(({ verdict, ...delivery }) => [
      delivery.transport,
      verdict.state,
      verdict.confidence,
      JSON.stringify(verdict.reasons),
      verdict.settled ? 1 : 0,
      delivery.settleAt,
      delivery.sentAt,
      delivery.lastSignAt,
      delivery.objectedAt,
      delivery.id,
    ]),
  };
}

function updateMessages(deliveries: TimelineWork['deliveries']): Statement[] {
  const ofDelivery = 'id = (select message_id from deliveries where id = ?)';
  return [
    {
      sql: `update messages set sent_at = ? where ${ofDelivery} and sent_at is null`,
      rows: deliveries.flatMap(({ id, sentAt }) => (sentAt === null ? [] : [[sentAt, id]])),
    },
    {
      sql: `update messages set last_sign_at = ?
        where ${ofDelivery} and (last_sign_at is null or last_sign_at < ?)`,
      rows: deliveries.flatMap(({ id, lastSignAt }) =>
        lastSignAt === null ? [] : [[lastSignAt, id, lastSignAt]],
      ),
    },
  ];
}

function writeOutbox(work: TimelineWork, now: number): Statement {
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
  return insertion('outbox', rows, { onConflict: 'idempotency_key' });
}

function writeCursors(cursors: TimelineWork['cursors']): Statement {
  return {
    sql: 'insert into cursors (epoch, seq) values (?, ?) on conflict (epoch) do update set seq = excluded.seq',
    rows: [...cursors],
  };
}
