import { isTrap } from '../tracking/tracking.ts';
import type { Observation } from '../truth/truth.ts';
import type { DeliveryRecord, StoredHit } from './timeline-store.ts';

/** A raw hit as the judgement wants to see it, in the light of its delivery. */
export function observe(
  hit: StoredHit,
  delivery: Pick<DeliveryRecord, 'source' | 'sentAt' | 'createdAt' | 'linkCount' | 'events'>,
  senderAddresses: ReadonlySet<string>,
  surroundings: Pick<Observation, 'elsewhere' | 'earlier'>,
): Observation {
  const userAgent = hit.headers['user-agent'];
  return {
    kind: hit.kind,
    method: hit.method,
    atMs: hit.at,
    secondsAfterSend: secondsAfterSend(hit.at, delivery),
    headers: hit.headers,
    linkCount: delivery.linkCount,
    // A missing header is itself a fact: the program named itself in no way.
    userAgent: userAgent ?? '',
    ...(hit.ip === undefined ? {} : { ip: hit.ip }),
    ...(hit.linkIndex === undefined ? {} : { link: hit.linkIndex }),
    ...(isTrap(hit) ? { honeypot: true } : {}),
    ...(hit.host === undefined ? {} : { host: hit.host }),
    ...surroundings,
    ...(wasAnswered(delivery, hit.at) ? { afterReply: true } : {}),
    // On local networks, loopback included, the judgement makes nothing of it.
    ...(hit.ip !== undefined && senderAddresses.has(hit.ip) ? { senderAddress: true } : {}),
  };
}

function wasAnswered({ events }: Pick<DeliveryRecord, 'events'>, at: number): boolean {
  return events.some((event) => event.type === 'replied' && event.at < at);
}

/** Seconds; negative before sending. */
function secondsAfterSend(
  at: number,
  { source, sentAt, createdAt }: Pick<DeliveryRecord, 'source' | 'sentAt' | 'createdAt'>,
): number {
  if (source === 'snippet')
    return sentAt === null ? Math.min((at - createdAt) / -1000, -0.001) : (at - sentAt) / 1000;
  // Nobody but Waybill has the copy before it is out; a hit that seems to come earlier met the
  // smarthost's answer on its way.
  return Math.max(0, (at - (sentAt ?? createdAt)) / 1000);
}
