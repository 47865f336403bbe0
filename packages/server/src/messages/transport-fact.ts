import type { Actor, EventType, Reason } from '@waybill/sdk';
import type { DeliveryId } from '../kernel/ids.ts';
import { RULES_VERSION } from '../truth/truth.ts';
import type { TransportState } from './message.ts';
import type { StoredEvent } from './timeline-store.ts';

/** Something the relay, a report or the recipient says about a delivery. */
export interface TransportFact {
  deliveryId: DeliveryId;
  at: number;
  type: Exclude<EventType, 'opened' | 'clicked'>;
  /** The mail's new state, when the fact changes it. */
  transport?: TransportState;
  actor?: Actor;
  confidence?: number;
  reasons: Reason[];
  /** It tells something of the reader: kept only as far as the privacy mode allows. */
  ofReader?: boolean;
  /** Unique for this fact, so that recording it twice has no effect, e.g. `relay:<queue id>:<attempt>`. */
  source: string;
  /** One event that is put to a later time each time. */
  moves?: boolean;
}

/** @param id of its row */
export function eventOf(
  { at, type, actor, confidence, reasons, source }: TransportFact,
  id: string,
): StoredEvent {
  return {
    id,
    at,
    type,
    ...(actor === undefined ? {} : { actor }),
    ...(confidence === undefined ? {} : { confidence }),
    reasons,
    source,
    rulesVersion: RULES_VERSION,
  };
}

/** A bounce is final; otherwise the mail only moves forward. */
export function nextTransport(current: TransportState, next: TransportState | undefined): TransportState {
  const order: TransportState[] = ['queued', 'captured', 'sent', 'delivered', 'failed', 'bounced'];
  if (next === undefined) return current;
  return order.indexOf(next) > order.indexOf(current) ? next : current;
}
