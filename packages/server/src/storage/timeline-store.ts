import { sql, type Insertable, type Selectable, type Transaction } from 'kysely';
import type { Client, EventType, Network, Place, Reason, VerdictState, Actor } from '@waybill/sdk';
import type { Clock } from '../kernel/clock.ts';
import { newRowId, type DeliveryId, type MessageId, type WorkspaceId } from '../kernel/ids.ts';
import type {
  DeliveryRecord,
  StoredEvent,
  StoredHit,
  TimelineSnapshot,
  TimelineStore,
  TimelineWork,
  TransportState,
} from '../messages/messages.ts';
import type { Rule } from '../notify/notify.ts';
import type { Engine } from './engine.ts';
import { nextPositions } from './positions.ts';
import type { Database } from './schema.ts';

/** A delivery that a machine hammers must not make each judgement longer than the last. */
const NEWEST_HITS = 300;
const SENDER_ADDRESS_MS = 86_400_000;

type Tx = Transaction<Database>;

export class KyselyTimelineStore implements TimelineStore {
  readonly #engine: Engine;
  readonly #clock: Clock;

  constructor(engine: Engine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  async cursors(): Promise<Map<string, number>> {
    const rows = await this.#engine.db.selectFrom('cursors').selectAll().execute();
    return new Map(rows.map(({ epoch, seq }) => [epoch, seq]));
  }

  async transact(
    want: { deliveryIds: readonly DeliveryId[]; messageIds: readonly MessageId[] },
    decide: (snapshot: TimelineSnapshot) => TimelineWork,
  ): Promise<void> {
    await this.#engine.db.transaction().execute(async (tx) => {
      const snapshot = await this.#read(tx, want);
      await write(tx, decide(snapshot), this.#clock());
    });
  }

  async dueForSettling(now: number, limit: number): Promise<DeliveryId[]> {
    const rows = await this.#engine.db
      .selectFrom('deliveries')
      .select('id')
      .where('settle_at', '<=', now)
      .orderBy('settle_at')
      .limit(limit)
      .execute();
    return rows.map(({ id }) => id as DeliveryId);
  }

  async #read(
    tx: Tx,
    want: { deliveryIds: readonly DeliveryId[]; messageIds: readonly MessageId[] },
  ): Promise<TimelineSnapshot> {
    const deliveries = new Map<DeliveryId, DeliveryRecord>();
    for (const record of await this.#deliveries(tx, want.deliveryIds)) deliveries.set(record.id, record);
    const workspaceIds = [...new Set([...deliveries.values()].map(({ workspaceId }) => workspaceId))];
    return {
      deliveries,
      messages: await readMessages(tx, want.messageIds),
      rules: await readRules(tx, workspaceIds),
      senderAddresses: await readSenderAddresses(tx, workspaceIds, this.#clock() - SENDER_ADDRESS_MS),
    };
  }

  async #deliveries(tx: Tx, ids: readonly DeliveryId[]): Promise<DeliveryRecord[]> {
    if (ids.length === 0) return [];
    let query = tx
      .selectFrom('deliveries')
      .innerJoin('messages', 'messages.id', 'deliveries.message_id')
      .selectAll('deliveries')
      .select(['messages.subject', 'messages.mode', 'messages.source'])
      .select((eb) =>
        eb
          .selectFrom('links')
          .select((link) => link.fn.countAll<number>().as('count'))
          .whereRef('links.message_id', '=', 'deliveries.message_id')
          .as('link_count'),
      )
      .where('deliveries.id', 'in', ids)
      .orderBy('deliveries.id');
    if (this.#engine.name === 'postgres') query = query.forUpdate('deliveries');
    const rows = await query.execute();
    const hits = await newestHits(tx, ids);
    const events = await readEvents(tx, ids);
    return rows.map((row) => ({
      id: row.id as DeliveryId,
      workspaceId: row.workspace_id as WorkspaceId,
      messageId: row.message_id as MessageId,
      trackingNumber: row.tracking_number,
      recipient: row.recipient,
      subject: row.subject,
      mode: row.mode,
      source: row.source,
      transport: row.transport as TransportState,
      untouched:
        row.untouched_code === null ? null : { code: row.untouched_code, text: row.untouched_text ?? '' },
      verdict: {
        state: row.verdict_state as VerdictState,
        confidence: row.verdict_confidence,
        reasons: JSON.parse(row.verdict_reasons) as Reason[],
        settled: row.verdict_settled === 1,
      },
      createdAt: row.created_at,
      sentAt: row.sent_at,
      objectedAt: row.objected_at,
      linkCount: row.link_count ?? 0,
      hits: hits.get(row.id) ?? [],
      events: events.get(row.id) ?? [],
    }));
  }
}

async function newestHits(tx: Tx, ids: readonly string[]): Promise<Map<string, StoredHit[]>> {
  const rows = await tx
    .selectFrom((eb) =>
      eb
        .selectFrom('hits')
        .selectAll('hits')
        .select(
          sql<number>`row_number() over (partition by delivery_id order by at desc, seq desc)`.as('newness'),
        )
        .where('delivery_id', 'in', ids)
        .as('newest'),
    )
    .selectAll('newest')
    .where('newness', '<=', NEWEST_HITS)
    .orderBy('at')
    .orderBy('seq')
    .execute();
  return grouped(rows, (row) => row.delivery_id ?? '', toHit);
}

function toHit(row: Selectable<Database['hits']>): StoredHit {
  return {
    epoch: row.epoch,
    seq: row.seq,
    at: row.at,
    kind: row.kind as 'open' | 'click',
    method: row.method,
    ...(row.link_index === null ? {} : { linkIndex: row.link_index }),
    ...(row.url === null ? {} : { url: row.url }),
    ...(row.ip === null ? {} : { ip: row.ip }),
    headers: JSON.parse(row.headers) as Record<string, string>,
    mode: row.mode,
  };
}

async function readEvents(tx: Tx, ids: readonly string[]): Promise<Map<string, StoredEvent[]>> {
  const rows = await tx
    .selectFrom('events')
    .selectAll()
    .where('delivery_id', 'in', ids)
    .orderBy('at')
    .orderBy('position')
    .execute();
  return grouped(rows, (row) => row.delivery_id ?? '', toEvent);
}

/** A row of `events` as features see it; absent columns are absent fields. */
export function toEvent(row: Selectable<Database['events']>): StoredEvent {
  return {
    id: row.id,
    at: row.at,
    type: row.type as EventType,
    ...(row.actor === null ? {} : { actor: row.actor as Actor }),
    ...(row.confidence === null ? {} : { confidence: row.confidence }),
    ...(row.reasons === null ? {} : { reasons: JSON.parse(row.reasons) as Reason[] }),
    ...(row.place === null ? {} : { place: JSON.parse(row.place) as Place }),
    ...(row.client === null ? {} : { client: JSON.parse(row.client) as Client }),
    ...(row.network === null ? {} : { network: JSON.parse(row.network) as Network }),
    ...(row.ip === null ? {} : { ip: row.ip }),
    ...(row.link === null ? {} : { link: row.link }),
    source: row.source,
    rulesVersion: row.rules_version,
  };
}

async function readMessages(tx: Tx, ids: readonly MessageId[]): Promise<TimelineSnapshot['messages']> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .selectFrom('messages')
    .select(['id', 'workspace_id', 'source', 'sent_at'])
    .where('id', 'in', ids)
    .execute();
  const links = grouped(
    await tx.selectFrom('links').selectAll().where('message_id', 'in', ids).execute(),
    ({ message_id: messageId }) => messageId,
    ({ link_index: index, url }): [number, string] => [index, url],
  );
  return new Map(
    rows.map(({ id, workspace_id: workspaceId, source, sent_at: sentAt }) => [
      id as MessageId,
      { workspaceId: workspaceId as WorkspaceId, source, sentAt, links: new Map(links.get(id)) },
    ]),
  );
}

async function readRules(tx: Tx, workspaceIds: readonly WorkspaceId[]): Promise<Map<WorkspaceId, Rule[]>> {
  if (workspaceIds.length === 0) return new Map();
  const rows = await tx
    .selectFrom('rules')
    .selectAll()
    .where('workspace_id', 'in', workspaceIds)
    .where('enabled', '=', 1)
    .execute();
  return grouped(
    rows,
    (row) => row.workspace_id as WorkspaceId,
    (row): Rule => ({
      id: row.id,
      name: row.name,
      trigger: row.trigger as Rule['trigger'],
      channelIds: JSON.parse(row.channel_ids) as string[],
      enabled: true,
      createdAt: new Date(row.created_at).toISOString(),
    }),
  );
}

async function readSenderAddresses(
  tx: Tx,
  workspaceIds: readonly WorkspaceId[],
  since: number,
): Promise<Map<WorkspaceId, ReadonlySet<string>>> {
  if (workspaceIds.length === 0) return new Map();
  const rows = await tx
    .selectFrom('sender_addresses')
    .select(['workspace_id', 'ip'])
    .where('workspace_id', 'in', workspaceIds)
    .where('seen_at', '>=', since)
    .execute();
  const lists = grouped(
    rows,
    (row) => row.workspace_id as WorkspaceId,
    (row) => row.ip,
  );
  return new Map([...lists].map(([id, ips]) => [id, new Set(ips)]));
}

async function write(tx: Tx, work: TimelineWork, now: number): Promise<void> {
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

function hitRow({ deliveryId, workspaceId, messageId, hit }: TimelineWork['hits'][number]) {
  return {
    epoch: hit.epoch,
    seq: hit.seq,
    workspace_id: workspaceId,
    delivery_id: deliveryId,
    message_id: messageId,
    kind: hit.kind,
    link_index: hit.linkIndex ?? null,
    url: hit.url ?? null,
    at: hit.at,
    method: hit.method,
    ip: hit.ip ?? null,
    headers: JSON.stringify(hit.headers),
    mode: hit.mode,
  } satisfies Insertable<Database['hits']>;
}

function eventColumns(event: StoredEvent) {
  const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
  return {
    at: event.at,
    type: event.type,
    actor: event.actor ?? null,
    confidence: event.confidence ?? null,
    reasons: json(event.reasons),
    place: json(event.place),
    client: json(event.client),
    network: json(event.network),
    ip: event.ip ?? null,
    link: event.link ?? null,
    rules_version: event.rulesVersion,
  };
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

function grouped<R, K, V>(rows: readonly R[], key: (row: R) => K, value: (row: R) => V): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [value(row)]);
    else group.push(value(row));
  }
  return groups;
}

function* chunks<T>(rows: readonly T[], size = 500): Generator<T[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}
