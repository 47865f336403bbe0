import type { Reason } from '@waybill/sdk';
import { pauseMs, type RetryPolicy } from './backoff.ts';
import type { RandomBytes } from '../kernel/ids.ts';
import type { Attempt } from './pipeline.ts';
import type { ClaimedMail, Outcome } from './ports.ts';

/** What an attempt comes to: told on the timeline, tried again, or given up. */
export function outcomeOf(
  mail: Pick<ClaimedMail, 'deferrals' | 'expiresAt' | 'lastError'>,
  attempt: Attempt,
  { at, retry, random }: { at: number; retry: RetryPolicy; random: RandomBytes },
): Outcome {
  if (attempt.kind === 'captured') {
    return { fact: { at, type: 'relayed', transport: 'captured', reasons: [CAPTURED] } };
  }
  if (attempt.kind === 'relayed') {
    const reasons = [{ code: 'server-accepted', text: `The mail server took it: ${attempt.reply}` }];
    return { fact: { at, type: 'relayed', transport: 'sent', reasons } };
  }
  if (attempt.kind === 'rejected') {
    const reasons = [
      attempt.code === undefined
        ? { code: 'server-rejected', text: `The mail server refused it: ${attempt.reply}` }
        : { code: attempt.code, text: attempt.reply },
    ];
    return { fact: { at, type: 'bounced', transport: 'bounced', reasons } };
  }
  const reason = deferralReason(attempt);
  if (at >= mail.expiresAt) {
    return { fact: { at, type: 'bounced', transport: 'failed', reasons: [EXPIRED, reason] } };
  }
  // Where the server failed as a whole, the circuit says when it is tried again, and no mail is blamed.
  const isBlamed = attempt.kind === 'waiting' || attempt.about !== 'server';
  const deferrals = mail.deferrals + (isBlamed ? 1 : 0);
  const pause = isBlamed ? pauseMs(retry, deferrals, random) : 0;
  // The same trouble hour after hour is one line on the timeline.
  const known = mail.lastError === reason.text;
  return {
    // Once more when its time is over, rather than giving up before.
    retryAt: Math.min(at + pause, mail.expiresAt),
    deferrals,
    error: reason.text,
    ...(known ? {} : { fact: { at, type: 'deferred', reasons: [reason] } }),
  };
}

/** An operator took the copy out of the queue. */
export function droppedOutcome(at: number, notify: boolean): Outcome {
  return {
    fact: { at, type: 'bounced', transport: 'failed', reasons: [DROPPED] },
    ...(notify ? { notice: { action: 'failed', at, status: '5.0.0', reason: DROPPED.text } } : {}),
  };
}

const DROPPED: Reason = { code: 'dropped', text: 'The operator took the mail out of the queue.' };
const CAPTURED: Reason = {
  code: 'captured',
  text: 'The mail is in the demo inbox. It was not sent to anybody.',
};
const EXPIRED: Reason = {
  code: 'expired',
  text: 'The mail could not be delivered for so long that Waybill gave up.',
};

/** Why a copy waits. */
export function deferralReason(attempt: Extract<Attempt, { kind: 'deferred' | 'waiting' }>): Reason {
  if (attempt.kind === 'waiting') return { code: 'no-way-out', text: attempt.reason };
  switch (attempt.code) {
    case 'server-deferred':
      return { code: attempt.code, text: `The mail server wants it later: ${attempt.reply}` };
    case 'server-unreachable':
      return { code: attempt.code, text: `The mail server cannot be reached: ${attempt.reply}` };
    case 'server-refuses-us':
      return { code: attempt.code, text: `The mail server does not let Waybill in: ${attempt.reply}` };
  }
}
