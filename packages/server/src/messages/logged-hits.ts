import type { Mode } from '@waybill/sdk';
import type { DeliveryId, MessageId } from '../kernel/ids.ts';
import type { LoggedHit } from '../tracking/tracking.ts';
import { isTelling } from './context.ts';
import { sharedText } from './shared-value.ts';
import type { HitsWant, Sighting, StoredHit } from './timeline-store.ts';

/** What recording hits reads, and whose timelines they change. */
export interface WantedForHits extends HitsWant {
  deliveryIds: DeliveryId[];
  messageIds: MessageId[];
  newHits: readonly LoggedHit[];
}

export function wantOf(hits: readonly LoggedHit[]): WantedForHits {
  const newHits = hits.filter(({ mode }) => mode === 'full');
  return {
    deliveryIds: unique(hits.filter((hit) => hit.mode !== 'aggregate').map(subjectAsDelivery)),
    messageIds: unique(hits.filter((hit) => hit.mode === 'aggregate').map(subjectAsMessage)),
    surroundings: newHits.length > 0,
    newHits,
    newOf: Map.groupBy(newHits, subjectAsDelivery),
  };
}

/** @param before where reading began */
export function cursorsAfter(
  hits: readonly LoggedHit[],
  before?: ReadonlyMap<string, number>,
): Map<string, number> {
  const cursors = new Map(before);
  for (const { epoch, seq } of hits) cursors.set(epoch, Math.max(seq, cursors.get(epoch) ?? 0));
  return cursors;
}

export function toStoredHit({
  epoch,
  seq,
  at,
  kind,
  method,
  linkIndex,
  url,
  ip,
  headers,
  mode,
}: LoggedHit): StoredHit {
  return {
    epoch: sharedText(epoch),
    seq,
    at,
    kind: sharedText(kind),
    method: sharedText(method),
    ...(linkIndex === undefined ? {} : { linkIndex }),
    ...(url === undefined ? {} : { url: sharedText(url) }),
    ...(ip === undefined ? {} : { ip }),
    headers,
    mode: sharedText(mode) satisfies Mode,
  };
}

export function toSighting(hit: LoggedHit): Sighting[] {
  if (hit.ip === undefined || !isTelling(hit)) return [];
  return [
    {
      deliveryId: subjectAsDelivery(hit),
      ip: hit.ip,
      at: hit.at,
      ...(hit.linkIndex === undefined ? {} : { linkIndex: hit.linkIndex }),
      ...(hit.headers['user-agent'] === undefined ? {} : { userAgent: hit.headers['user-agent'] }),
    },
  ];
}

export function subjectAsDelivery(hit: LoggedHit): DeliveryId {
  return hit.subject as DeliveryId;
}

export function subjectAsMessage(hit: LoggedHit): MessageId {
  return hit.subject as MessageId;
}

export function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
