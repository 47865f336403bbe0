import type { Actor, EventType, Reason } from '@waybill/sdk';
import type { DeliveryId } from '../kernel/ids.ts';
import type { TransportState } from './message.ts';

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
