import type { Reason, VerdictState } from '@waybill/sdk';
import type { Selectable } from 'kysely';
import type { DeliveryId, MessageId, WorkspaceId } from '../kernel/ids.ts';
import {
  NEWEST_EVENTS,
  type StoredEvent,
  type SharedBecause,
  type StoredHit,
  type TimelineSnapshot,
  type TimelineWant,
  type TransportState,
} from '../messages/messages.ts';
import type { Rule } from '../notify/notify.ts';
import { besidePast, withPast, type Needed } from './delivery-past.ts';
import { grouped } from './row-sets.ts';
import type { SeenDelivery } from './seen-delivery.ts';
import type { Database, EngineName } from './schema.ts';
import type { Statement } from './statements.ts';
import { surroundingStatements, toSurroundings } from './surrounding-reads.ts';
import {
  EVENT_COLUMNS,
  HIT_COLUMNS,
  parsed,
  toEvent,
  toHit,
  type EventRow,
  type HitRow,
} from './timeline-rows.ts';

const DELIVERY_COLUMNS = [
  'id',
  'workspace_id',
  'message_id',
  'tracking_number',
  'recipient',
  'untouched_code',
  'untouched_text',
  'transport',
  'verdict_state',
  'verdict_confidence',
  'verdict_reasons',
  'verdict_settled',
  'created_at',
  'sent_at',
  'objected_at',
  'version',
  'past',
  'past_at',
] as const;

type Row<Table extends keyof Database> = Selectable<Database[Table]>;
type DeliveryRow = Pick<Row<'deliveries'>, (typeof DELIVERY_COLUMNS)[number]> &
  Pick<Row<'messages'>, 'subject' | 'mode' | 'source'> & {
    link_count: number;
    shared_because: string | null;
  };

/** A delivery that a machine hammers must not make each judgement longer than the last. As many as rules compare at most. */
export const NEWEST_HITS = 64;

/**
 * Everything that a decision needs, as statements of a fixed text, for {@link toSnapshot}. On PostgreSQL the first one
 * locks the deliveries, so that the others see what the last transaction left.
 * @param since addresses of senders' sessions before this do not count, ms
 * @param needed absent when all is wanted, as it is on PostgreSQL
 */
export function snapshotStatements(
  engine: EngineName,
  want: TimelineWant,
  since: number,
  needed?: Needed,
): Statement[] {
  const { deliveryIds, messageIds, newHits } = want;
  const isPostgres = engine === 'postgres';
  const among = isPostgres ? '= any(?::text[])' : 'in (select value from json_each(?))';
  const listed = isPostgres ? 'unnest(?::text[]) as ids(value)' : 'json_each(?) as ids';
  const list = (ids: readonly string[]): unknown[][] =>
    ids.length === 0 ? [] : [[isPostgres ? [...ids] : JSON.stringify(ids)]];
  const ofDeliveries = list(deliveryIds);
  const whole =
    needed === undefined
      ? ''
      : 'and not exists (select 1 from deliveries where id = value and past is not null)';
  const ofMessages = list(messageIds);
  // Hits name their workspace; of others it is looked up.
  const named =
    newHits === undefined ? undefined : [...new Set(newHits.map(({ workspaceId }) => workspaceId))];
  const workspaces =
    named === undefined
      ? `workspace_id in (select workspace_id from deliveries where id ${among})`
      : `workspace_id in (${named.map(() => '?').join(', ')})`;
  const ofWorkspaces = named === undefined ? ofDeliveries : named.length === 0 ? [] : [named];
  return [
    {
      sql: `select ${DELIVERY_COLUMNS.map((column) => `deliveries.${column}`).join(', ')}, messages.subject, messages.mode, messages.source,
        coalesce((select link_count from message_links
          where message_links.message_id = deliveries.message_id), 0) as link_count,
        (select because from shared_addresses where shared_addresses.workspace_id = deliveries.workspace_id
          and address = lower(recipient)) as shared_because
        from deliveries inner join messages on messages.id = deliveries.message_id
        where deliveries.id ${among} order by deliveries.id${isPostgres ? ' for update of deliveries' : ''}`,
      rows: ofDeliveries,
    },
    ...newestHits(listed, whole, ofDeliveries),
    ...fewEventsOf(listed, whole, ofDeliveries, newHits === undefined ? '' : OF_NO_READER),
    ...besidePast(deliveryIds, needed),
    { sql: `select * from rules where enabled = 1 and ${workspaces}`, rows: ofWorkspaces },
    {
      sql: `select workspace_id, ip from sender_addresses where ${workspaces} and seen_at >= ?`,
      rows: ofWorkspaces.map((ids) => [...ids, since]),
    },
    { sql: `select id, workspace_id, source, sent_at from messages where id ${among}`, rows: ofMessages },
    { sql: `select message_id, links from message_links where message_id ${among}`, rows: ofMessages },
    ...surroundingStatements(want, { engine, among, list, ofDeliveries, workspaces, ofWorkspaces }),
  ];
}

export type Snapshot = Omit<TimelineSnapshot, 'deliveries'> & { deliveries: Map<DeliveryId, SeenDelivery> };

/** Deliveries of a list that have more rows than so many, or no more. @param which a further condition */
function sized(
  table: 'hits' | 'events',
  ids: string,
  { most, how, which }: { most: number; how: '<=' | '>'; which: string },
): string {
  const condition = table === 'hits' ? 'and refetch_of is null' : '';
  return `(select value from ${ids} where (select count(*) from
    (select 1 from ${table} where delivery_id = value ${condition} limit ${most + 1}) as counted) ${how} ${most} ${which})`;
}

/** No hit is judged by the way of its mail. */
const OF_NO_READER = "and type not in ('accepted', 'relayed', 'deferred', 'delivered')";

/** In any order: those of most deliveries are few, and need not be ranked. */
function newestHits(ids: string, which: string, rows: unknown[][]): Statement[] {
  const columns = HIT_COLUMNS.join(', ');
  return [
    {
      sql: `select ${columns} from hits
        where delivery_id in ${sized('hits', ids, { most: NEWEST_HITS, how: '<=', which })} and refetch_of is null`,
      rows,
    },
    {
      sql: `select ${columns} from (select hits.*,
          row_number() over (partition by delivery_id order by at desc, seq desc) as newness
          from hits where delivery_id in ${sized('hits', ids, { most: NEWEST_HITS, how: '>', which })} and refetch_of is null) as newest
        where newness <= ${NEWEST_HITS}`,
      rows,
    },
  ];
}

/** The same of events; of those that are too many what `fewEvents` would leave. */
function fewEventsOf(ids: string, which: string, rows: unknown[][], condition: string): Statement[] {
  const columns = EVENT_COLUMNS.map((column) => `events.${column}`).join(', ');
  const kind = 'partition by delivery_id, type, actor';
  return [
    {
      sql: `select ${columns}, position from events
        where delivery_id in ${sized('events', ids, { most: NEWEST_EVENTS, how: '<=', which })} ${condition}`,
      rows,
    },
    {
      sql: `with ranked as (select id, delivery_id, at, type, actor, confidence, source like 'hit:%' as is_hit,
          row_number() over (partition by delivery_id, source like 'hit:%' order by at desc, position desc) as newness
          from events where delivery_id in ${sized('events', ids, { most: NEWEST_EVENTS, how: '>', which })}),
        kinds as (select id, row_number() over (${kind} order by coalesce(confidence, 0) desc, at) as standing,
          count(*) over (${kind}) - 1 as alike, min(coalesce(confidence, 0)) over (${kind}) as least_confidence,
          max(at) over (${kind}) as last_at from ranked where is_hit and newness > ${NEWEST_EVENTS})
        select ${columns}, position, alike, least_confidence, last_at
          from events join kinds on kinds.id = events.id where standing = 1
        union all select ${columns}, position, null, null, null
          from events join ranked on ranked.id = events.id where newness <= ${NEWEST_EVENTS} or not is_hit`,
      rows,
    },
  ];
}

/** @param results of {@link snapshotStatements}, in their order */
export function toSnapshot(results: readonly (readonly unknown[])[], needed?: Needed): Snapshot {
  const [
    deliveries = [],
    hits = [],
    hitsOfMany = [],
    events = [],
    eventsOfMany = [],
    hitsNeeded = [],
    eventsSince = [],
    rules = [],
    addresses = [],
    messages = [],
    links = [],
    ...rest
  ] = results;
  const hitsOf = grouped(
    [...hits, ...hitsOfMany, ...hitsNeeded] as HitRow[],
    (row) => row.delivery_id,
    toHit,
  );
  const eventRows = grouped(
    [...events, ...eventsOfMany, ...eventsSince] as TimelineEventRow[],
    (row) => row.delivery_id,
    (row) => row,
  );
  const linksOf = new Map(
    (links as Row<'message_links'>[]).map((row) => [
      row.message_id,
      JSON.parse(row.links) as [index: number, url: string][],
    ]),
  );
  const ips = grouped(
    addresses as Row<'sender_addresses'>[],
    (row) => row.workspace_id as WorkspaceId,
    (row) => row.ip,
  );
  return {
    deliveries: new Map(
      (deliveries as DeliveryRow[]).map((row) => [
        row.id as DeliveryId,
        withPast(toDelivery(row, inOrder(hitsOf.get(row.id)), toEvents(eventRows.get(row.id))), row, needed),
      ]),
    ),
    messages: new Map(
      (messages as Row<'messages'>[]).map((row) => [
        row.id as MessageId,
        {
          workspaceId: row.workspace_id as WorkspaceId,
          source: row.source,
          sentAt: row.sent_at,
          links: new Map(linksOf.get(row.id)),
        },
      ]),
    ),
    rules: grouped(rules as Row<'rules'>[], (row) => row.workspace_id as WorkspaceId, toRule),
    senderAddresses: new Map([...ips].map(([id, list]) => [id, new Set(list)])),
    ...toSurroundings(rest),
  };
}

type TimelineEventRow = EventRow & {
  position: number;
  alike?: number | null;
  least_confidence?: number;
  last_at?: number;
};

function inOrder(hits: StoredHit[] = []): StoredHit[] {
  return hits.sort((a, b) => a.at - b.at || a.seq - b.seq);
}

function toEvents(rows: TimelineEventRow[] = []): StoredEvent[] {
  return rows
    .sort((a, b) => a.at - b.at || a.position - b.position)
    .map((row) => {
      const { alike: count = null, least_confidence: leastConfidence = 0, last_at: lastAt = 0 } = row;
      return count === null ? toEvent(row) : { ...toEvent(row), alike: { count, leastConfidence, lastAt } };
    });
}

function toDelivery(row: DeliveryRow, hits: StoredHit[], events: StoredEvent[]): SeenDelivery {
  return {
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
      reasons: parsed(row.verdict_reasons) as Reason[],
      settled: row.verdict_settled === 1,
    },
    createdAt: row.created_at,
    sentAt: row.sent_at,
    objectedAt: row.objected_at,
    shared: row.shared_because as SharedBecause | null,
    linkCount: row.link_count,
    hits,
    events,
    version: row.version,
  };
}

function toRule(row: Row<'rules'>): Rule {
  return {
    id: row.id,
    name: row.name,
    trigger: row.trigger as Rule['trigger'],
    channelIds: JSON.parse(row.channel_ids) as string[],
    enabled: true,
    createdAt: new Date(row.created_at).toISOString(),
  };
}
