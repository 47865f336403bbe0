import type { Actor, Client, EventType, Network, Place, Reason } from '@waybill/sdk';
import type { Insertable, Selectable } from 'kysely';
import type { StoredEvent, StoredHit, TimelineWork } from '../messages/messages.ts';
import type { Database } from './schema.ts';

/** Hits and events as rows, and back; absent columns are absent fields. */

export function toHit(row: Selectable<Database['hits']>): StoredHit {
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
    ...(row.host === null ? {} : { host: row.host }),
  };
}

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
    headers: JSON.stringify(hit.headers),
    mode: hit.mode,
    host: hit.host ?? null,
  } satisfies Insertable<Database['hits']>;
}

export function eventColumns(event: StoredEvent) {
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
