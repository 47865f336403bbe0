import { newRowId } from '../kernel/ids.ts';
import type { TimelineWork } from '../messages/messages.ts';
import { insertion, POSITION_BACK, reservePositions, type Statement } from './statements.ts';
import type { SeenDelivery } from './seen-delivery.ts';
import { eventColumns, hitRow } from './timeline-rows.ts';

/**
 * Writes what one transaction decided: hits, events, verdicts, notifications and cursors. It fails when a delivery is
 * not there any more.
 */
export function timelineStatements(work: TimelineWork, now: number): Statement[] {
  return [updateDeliveries(work.deliveries), ...behindDeliveries(work, now)];
}

/** Whether each delivery gets one new state, and no event that is there is changed. */
export function onlyAdds(work: TimelineWork): boolean {
  const { hits, changedEvents, confirmedEvents, cursors, deliveries } = work;
  return (
    hits.length + changedEvents.length + confirmedEvents.length + cursors.size === 0 &&
    new Set(deliveries.map(({ id }) => id)).size === deliveries.length
  );
}

/**
 * The same in a transaction that fails as stale when a delivery is not as it was seen.
 * @param pasts what becomes of what is written of older hits; without it, nothing stays
 */
export function seenStatements(
  work: TimelineWork,
  seen: ReadonlyMap<string, SeenDelivery>,
  now: number,
  pasts?: Statement,
): Statement[] {
  const guarded: Statement = {
    sql: `${updateDelivery(pasts !== undefined)} and version = ?`,
    rows: work.deliveries.map((delivery) => [
      ...deliveryValues(delivery),
      seen.get(delivery.id)?.version ?? null,
    ]),
    mustChange: true,
  };
  return [guarded, ...behindDeliveries(work, now), ...(pasts === undefined ? [] : [pasts])];
}

function behindDeliveries(work: TimelineWork, now: number): Statement[] {
  return [
    insertion('hits', work.hits.map(hitRow), { onConflict: 'epoch, seq' }),
    {
      sql: 'update hits set host = ? where epoch = ? and seq = ?',
      rows: (work.hosts ?? []).map(({ epoch, seq, host }) => [host, epoch, seq]),
    },
    ...writeEvents(work),
    countRefetches(work),
    ...updateMessages(work.deliveries),
    writeOutbox(work, now),
    writeProgress(work),
    ...writeCursors(work),
  ];
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

/** Counted, not added to: the same hits may be written again. */
function countRefetches({ hits }: TimelineWork): Statement {
  const sources = new Set(hits.flatMap(({ hit }) => (hit.refetchOf === undefined ? [] : [hit.refetchOf])));
  return {
    sql: 'update events set requests = 1 + (select count(*) from hits where refetch_of = ?) where source = ?',
    rows: [...sources].map((source) => [source, source]),
  };
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

/** @param keepsPast whether what is written of older hits stays true */
function updateDelivery(keepsPast: boolean): string {
  return `update deliveries set transport = ?, verdict_state = ?, verdict_confidence = ?,
    verdict_reasons = ?, verdict_settled = ?, settle_at = ?, settles_plainly = ?, sent_at = ?, last_sign_at = ?,
    objected_at = ?, version = version + 1${keepsPast ? '' : ', past = null'} where id = ?`;
}

function updateDeliveries(deliveries: TimelineWork['deliveries']): Statement {
  return { sql: updateDelivery(false), rows: deliveries.map(deliveryValues), mustChange: true };
}

/** For {@link updateDelivery}. */
function deliveryValues({ verdict, ...delivery }: TimelineWork['deliveries'][number]): unknown[] {
  return [
    delivery.transport,
    verdict.state,
    verdict.confidence,
    JSON.stringify(verdict.reasons),
    verdict.settled ? 1 : 0,
    delivery.settleAt,
    delivery.settlesPlainly ? 1 : 0,
    delivery.sentAt,
    delivery.lastSignAt,
    delivery.objectedAt,
    delivery.id,
  ];
}

/** A message is out with the first of its copies, and shows the last sign of any. */
function updateMessages(deliveries: TimelineWork['deliveries']): Statement[] {
  const sent = new Map<string, number>();
  const signs = new Map<string, number>();
  for (const { messageId, sentAt, lastSignAt } of deliveries) {
    if (sentAt !== null && !sent.has(messageId)) sent.set(messageId, sentAt);
    if (lastSignAt !== null) signs.set(messageId, Math.max(lastSignAt, signs.get(messageId) ?? 0));
  }
  return [
    {
      sql: 'update messages set sent_at = ? where id = ? and sent_at is null',
      rows: [...sent].map(([id, at]) => [at, id]),
    },
    {
      sql: 'update messages set last_sign_at = ? where id = ? and (last_sign_at is null or last_sign_at < ?)',
      rows: [...signs].map(([id, at]) => [at, id, at]),
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

/** Row of `settings`: a run that is under way or was interrupted. */
export const PROGRESS = 'rejudge-progress';

function writeProgress({ progress }: TimelineWork): Statement {
  return {
    sql: 'insert into settings (name, value) values (?, ?) on conflict (name) do update set value = excluded.value',
    rows: progress === undefined ? [] : [[PROGRESS, progress]],
  };
}

function writeCursors({ cursors, cursorsBefore }: TimelineWork): Statement[] {
  if (cursorsBefore === undefined) {
    return [
      {
        sql: 'insert into cursors (epoch, seq) values (?, ?) on conflict (epoch) do update set seq = excluded.seq',
        rows: [...cursors],
      },
    ];
  }
  const known = [...cursors].filter(([epoch]) => cursorsBefore.has(epoch));
  return [
    insertion(
      'cursors',
      [...cursors].filter(([epoch]) => !cursorsBefore.has(epoch)).map(([epoch, seq]) => ({ epoch, seq })),
    ),
    {
      sql: 'update cursors set seq = ? where epoch = ? and seq = ?',
      rows: known.map(([epoch, seq]) => [seq, epoch, cursorsBefore.get(epoch)]),
      mustChange: true,
    },
  ];
}
