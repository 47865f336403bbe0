import type { Actor, Client, EventType, Network, Place, Reason } from '@waybill/sdk';
import type { Insertable, Selectable } from 'kysely';
import type { StoredEvent, StoredHit, TimelineWork } from '../messages/messages.ts';
import type { Database } from './schema.ts';

/** Hits and events as rows, and back; absent columns are absent fields. */

/** What {@link toHit} needs, and whose hit it is. */
export const HIT_COLUMNS = [
  'delivery_id',
  'epoch',
  'seq',
  'at',
  'kind',
  'method',
  'link_index',
  'url',
  'ip',
  'headers',
  'mode',
  'host',
] as const;
export type HitRow = Pick<Selectable<Database['hits']>, (typeof HIT_COLUMNS)[number]>;

/** What {@link toEvent} needs, and whose event it is. */
export const EVENT_COLUMNS = [
  'delivery_id',
  'id',
  'at',
  'type',
  'actor',
  'confidence',
  'reasons',
  'place',
  'client',
  'network',
  'ip',
  'link',
  'source',
  'rules_version',
] as const;
export type EventRow = Pick<Selectable<Database['events']>, (typeof EVENT_COLUMNS)[number]>;

export function toHit(row: HitRow): StoredHit {
  return {
    epoch: row.epoch,
    seq: row.seq,
    at: row.at,
    kind: row.kind as 'open' | 'click',
    method: row.method,
    ...(row.link_index === null ? {} : { linkIndex: row.link_index }),
    ...(row.url === null ? {} : { url: row.url }),
    ...(row.ip === null ? {} : { ip: row.ip }),
    headers: parsed(row.headers) as Record<string, string>,
    mode: row.mode,
    ...(row.host === null ? {} : { host: row.host }),
  };
}

export function toEvent(row: EventRow): StoredEvent {
  return {
    id: row.id,
    at: row.at,
    type: row.type as EventType,
    ...(row.actor === null ? {} : { actor: row.actor as Actor }),
    ...(row.confidence === null ? {} : { confidence: row.confidence }),
    ...(row.reasons === null ? {} : { reasons: parsed(row.reasons) as Reason[] }),
    ...(row.place === null ? {} : { place: parsed(row.place) as Place }),
    ...(row.client === null ? {} : { client: parsed(row.client) as Client }),
    ...(row.network === null ? {} : { network: parsed(row.network) as Network }),
    ...(row.ip === null ? {} : { ip: row.ip }),
    ...(row.link === null ? {} : { link: row.link }),
    source: row.source,
    rulesVersion: row.rules_version,
  };
}

/** Few browsers, networks and places make most of the hits: their texts are parsed once, and their values shared. */
const KEPT_VALUES = 2_000;
const LONGEST_KEPT = 2_000;
const values = new Map<string, unknown>();

/** Of a JSON text. @returns a value that nobody may change */
export function parsed(text: string): unknown {
  if (text.length > LONGEST_KEPT) return JSON.parse(text);
  let value = values.get(text);
  if (value === undefined) {
    value = Object.freeze(JSON.parse(text));
    if (values.size >= KEPT_VALUES) values.clear();
    values.set(text, value);
  }
  return value;
}

/** As JSON. One set of headers or reasons, network, place and client is that of many: such values are shared, and written out once. */
const texts = new WeakMap<object, string>();

export function textOf(value: object): string {
  let text = texts.get(value);
  if (text === undefined) texts.set(value, (text = JSON.stringify(value)));
  return text;
}

function textOrNull(value: object | undefined): string | null {
  return value === undefined ? null : textOf(value);
}

export function hitRow({ deliveryId, workspaceId, messageId, hit }: TimelineWork['hits'][number]) {
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
    headers: textOf(hit.headers),
    mode: hit.mode,
    host: hit.host ?? null,
    refetch_of: hit.refetchOf ?? null,
  } satisfies Insertable<Database['hits']>;
}

export function eventColumns(event: StoredEvent) {
  return {
    at: event.at,
    type: event.type,
    actor: event.actor ?? null,
    confidence: event.confidence ?? null,
    reasons: textOrNull(event.reasons),
    place: textOrNull(event.place),
    client: textOrNull(event.client),
    network: textOrNull(event.network),
    ip: event.ip ?? null,
    link: event.link ?? null,
    rules_version: event.rulesVersion,
  };
}
