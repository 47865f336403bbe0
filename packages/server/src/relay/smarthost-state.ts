import type { SmarthostState } from '@waybill/sdk';
import { toIso } from '../kernel/clock.ts';
import { deferralReason } from './outcome.ts';
import type { Queue } from './queue.ts';

/** How the smarthost is, as the queue finds it, for its operator. */
export function smarthostState({ state: { outage } }: Pick<Queue, 'state'>): SmarthostState {
  if (outage === undefined) return { state: 'up', since: null, reason: null, nextTryAt: null };
  return {
    state: 'down',
    since: toIso(outage.sinceMs),
    reason: deferralReason(outage.failure).text,
    nextTryAt: outage.nextTryAtMs === undefined ? null : toIso(outage.nextTryAtMs),
  };
}
