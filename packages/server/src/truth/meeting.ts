import { recogniseAgent } from './agent.ts';
import type { Observation } from './observation.ts';
import { BURST_WINDOW_S, PACES, SAME_SOURCE_S } from './sequence.ts';

/**
 * Which hits of a delivery can be judged without a look at those before them. What the rules of `sequence.ts` draw on lies
 * close together, or is of a kind that is rare: so of what calm hits left, a new one needs the clicks of the last moments, which
 * links were followed in the last seconds, and who has opened the mail.
 */

/** Clicks that are further apart meet in no rule but that of paces, ms. */
export const MEETING_MS = BURST_WINDOW_S * 1_000;
/** So long after clicks met, hits are taken to belong to them, ms. */
export const AFTER_MEETING_MS = SAME_SOURCE_S * 1_000;
/** So many different links in that time may be a pace that nobody reads in. */
export const PACE_LINKS = Math.min(...PACES.map(({ links }) => links));
export const PACE_MS = Math.max(...PACES.map(({ withinS }) => withinS)) * 1_000;

/** Plainly asked for, by no scanner of that name. */
export function isCalm({
  method,
  honeypot,
  userAgent,
}: Pick<Observation, 'method' | 'honeypot' | 'userAgent'>): boolean {
  return (
    honeypot !== true &&
    (method === undefined || method === 'GET') &&
    recogniseAgent(userAgent).species !== 'scanner'
  );
}

/** A calm click, as far as others matter to it. */
export interface Click {
  /** ms since 1970 */
  at: number;
  linkIndex?: number;
  ip?: string;
  userAgent: string;
}

/**
 * When calm clicks last met, so that they may say something of each other or of openings around them. It says so too often rather
 * than too seldom: two links within two seconds may be two tabs, or the beginning of a sweep.
 *
 * @param clicks oldest first
 * @returns ms since 1970; 0 when they did not
 */
export function lastMeeting(clicks: readonly Click[]): number {
  for (let index = clicks.length - 1; index > 0; index -= 1) {
    const click = clicks[index];
    if (click !== undefined && meetsOneBefore(click, clicks, index)) return click.at;
  }
  return 0;
}

function meetsOneBefore(click: Click, clicks: readonly Click[], index: number): boolean {
  for (let before = index - 1; before >= 0; before -= 1) {
    const other = clicks[before];
    if (other === undefined || click.at - other.at > MEETING_MS) return false;
    if (other.linkIndex !== click.linkIndex || areOneFromTwo(other, click)) return true;
  }
  return false;
}

/** One agent at two addresses. */
function areOneFromTwo(a: Click, b: Click): boolean {
  return a.ip !== b.ip && a.ip !== undefined && b.ip !== undefined && a.userAgent === b.userAgent;
}
