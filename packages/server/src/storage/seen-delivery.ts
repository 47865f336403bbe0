import type { DeliveryRecord } from '../messages/messages.ts';

/** A delivery as it was read, and by what a later transaction sees that it is still like that. */
export type SeenDelivery = DeliveryRecord & {
  version: number;
  /** Absent while the database has none. */
  written?: WrittenPast;
};

/** What is written of the older hits: the newest event that it stands for, ms since 1970, and how many were written since. */
export interface WrittenPast {
  at: number;
  since: number;
}
