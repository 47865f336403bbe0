import type { Reason, VerdictState } from '@waybill/sdk';
import { sql, type RawBuilder, type SqlBool, type Transaction } from 'kysely';
import type { Clock } from '../kernel/clock.ts';
import type { DeliveryId, MessageId, WorkspaceId } from '../kernel/ids.ts';
import {
  SENDER_ADDRESS_MS,
  type DeliveryRecord,
  type StoredEvent,
  type StoredHit,
  type TimelineSnapshot,
  type TimelineStore,
  type TimelineWork,
  type TransportState,
} from '../messages/messages.ts';
import type { Rule } from '../notify/notify.ts';
import type { Engine } from './engine.ts';
import type { Database } from './schema.ts';
import { toEvent, toHit } from './timeline-rows.ts';
import { writeTimeline } from './timeline-writes.ts';

/** A delivery that a machine hammers must not make each judgement longer than the last. */
const NEWEST_HITS = 300;

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
      await writeTimeline(tx, decide(snapshot), this.#clock());
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
    const since = this.#clock() - SENDER_ADDRESS_MS;
    const [messages, rules, senderAddresses] = await this.#together(
      () => readMessages(tx, want.messageIds),
      () => readRules(tx, workspaceIds),
      () => readSenderAddresses(tx, workspaceIds, since),
    );
    return { deliveries, messages, rules, senderAddresses };
  }

  /** The same text for any number of ids, so that it is compiled once. */
  #among(column: string, ids: readonly string[]): RawBuilder<SqlBool> {
    const ref = sql.ref(column);
    if (this.#engine.name === 'postgres') return sql`${ref} = any(${[...ids]}::text[])`;
    return sql`${ref} in (select value from json_each(${JSON.stringify(ids)}))`;
  }

  /** On SQLite without waiting for one answer before the next question: its thread answers in order. */
  async #together<A, B, C>(
    first: () => Promise<A>,
    second: () => Promise<B>,
    third: () => Promise<C>,
  ): Promise<[A, B, C]> {
    if (this.#engine.name === 'sqlite') return Promise.all([first(), second(), third()]);
    return [await first(), await second(), await third()];
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
      .where(this.#among('deliveries.id', ids))
      .orderBy('deliveries.id');
    if (this.#engine.name === 'postgres') query = query.forUpdate('deliveries');
    const isTheirs = this.#among('delivery_id', ids);
    const [rows, hits, events] = await this.#together(
      () => query.execute(),
      () => newestHits(tx, isTheirs),
      () => readEvents(tx, isTheirs),
    );
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

async function newestHits(tx: Tx, isTheirs: RawBuilder<SqlBool>): Promise<Map<string, StoredHit[]>> {
  const rows = await tx
    .selectFrom((eb) =>
      eb
        .selectFrom('hits')
        .selectAll('hits')
        .select(
          sql<number>`row_number() over (partition by delivery_id order by at desc, seq desc)`.as('newness'),
        )
        .where(isTheirs)
        .as('newest'),
    )
    .selectAll('newest')
    .where('newness', '<=', NEWEST_HITS)
    .orderBy('at')
    .orderBy('seq')
    .execute();
  return grouped(rows, (row) => row.delivery_id ?? '', toHit);
}

async function readEvents(tx: Tx, isTheirs: RawBuilder<SqlBool>): Promise<Map<string, StoredEvent[]>> {
  const rows = await tx
    .selectFrom('events')
    .selectAll()
    .where(isTheirs)
    .orderBy('at')
    .orderBy('position')
    .execute();
  return grouped(rows, (row) => row.delivery_id ?? '', toEvent);
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

function grouped<R, K, V>(rows: readonly R[], key: (row: R) => K, value: (row: R) => V): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [value(row)]);
    else group.push(value(row));
  }
  return groups;
}
