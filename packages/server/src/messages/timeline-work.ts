import { DAY_MS } from '../kernel/clock.ts';
import { newTimelessRowId } from '../kernel/ids.ts';
import type { LoggedHit } from '../tracking/tracking.ts';
import { RULES_VERSION } from '../truth/truth.ts';
import { hitSource } from './hit-source.ts';
import { subjectAsMessage } from './logged-hits.ts';
import type { DeliveryRecord, TimelineSnapshot, TimelineWork } from './timeline-store.ts';

export function emptyWork(cursors: ReadonlyMap<string, number> = new Map()): TimelineWork {
  return {
    hits: [],
    newEvents: [],
    changedEvents: [],
    confirmedEvents: [],
    deliveries: [],
    outbox: [],
    cursors,
  };
}

/** Mode `aggregate`: the message's count grows; which recipient it was is unknown by construction. */
export function countHit(hit: LoggedHit, snapshot: TimelineSnapshot, work: TimelineWork): void {
  const messageId = subjectAsMessage(hit);
  const message = snapshot.messages.get(messageId);
  if (message === undefined || message.workspaceId !== hit.workspaceId || hit.method === 'HEAD') return;
  if (isUnsent(message)) return;
  // The hit names the link by its number only: an address may tell whose copy it stood in.
  const link = hit.linkIndex === undefined ? undefined : message.links.get(hit.linkIndex);
  work.newEvents.push({
    workspaceId: message.workspaceId,
    deliveryId: null,
    messageId,
    event: {
      id: newTimelessRowId(),
      at: Math.floor(hit.at / DAY_MS) * DAY_MS,
      type: hit.kind === 'open' ? 'opened' : 'clicked',
      ...(link === undefined ? {} : { link }),
      source: hitSource({ epoch: hit.epoch, seq: hit.seq }),
      rulesVersion: RULES_VERSION,
    },
  });
}

export function isUnsent(record: Pick<DeliveryRecord, 'source' | 'sentAt'>): boolean {
  return record.source === 'snippet' && record.sentAt === null;
}
