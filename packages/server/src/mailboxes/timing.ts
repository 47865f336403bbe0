import type { Pauses } from './pause.ts';

/** All in ms. */
export interface MailboxTiming {
  /** After a connection that ended or could not be made. */
  reconnect: Pauses;
  /** After a refused sign-in: services lock accounts that somebody keeps trying. */
  signIn: Pauses;
  /** How often a folder is opened anew although the server says what is new (RFC 2177): it may have forgotten to. */
  recheckMs: number;
  /** How often a folder is looked at when the server cannot say what is new. */
  pollMs: number;
  /** How far the first look at a folder goes back. */
  lookBackMs: number;
  /** How long a mail program has time to put its own copy into Sent before we look for it. */
  sentAfterMs: number;
  /** After a copy that the server did not take. */
  sentRetry: Pauses;
  /** How long a copy is tried. */
  sentExpiryMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const DEFAULT_MAILBOX_TIMING: MailboxTiming = {
  reconnect: { firstMs: 1_000, longestMs: 5 * MINUTE_MS },
  signIn: { firstMs: 15 * MINUTE_MS, longestMs: 4 * HOUR_MS },
  recheckMs: 10 * MINUTE_MS,
  pollMs: MINUTE_MS,
  lookBackMs: 14 * DAY_MS,
  sentAfterMs: MINUTE_MS,
  sentRetry: { firstMs: MINUTE_MS, longestMs: HOUR_MS },
  sentExpiryMs: 7 * DAY_MS,
};
