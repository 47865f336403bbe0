import type { IncomingHttpHeaders } from 'node:http';
import { DAY_MS } from '../kernel/clock.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { TokenClaims, TokenMode } from './token.ts';

/** One request on a pixel or link, as the policy lets it be kept. */
export interface Hit {
  /** ms UTC; the start of the day in modes `day` and `aggregate` */
  at: number;
  /** In mode `day` always `open`: a click proves one. */
  kind: 'open' | 'click';
  method: string;
  workspaceId: WorkspaceId;
  /** The delivery's id; the message's in mode `aggregate`. */
  subject: string;
  mode: TokenMode;
  /** From 1; only clicks, not in mode `day`. */
  linkIndex?: number;
  /** Where the click led; only in mode `full`. */
  url?: string;
  ip?: string;
  /** Lower-case names, only those of {@link KEPT_HEADERS} and the Referer’s origin; empty unless mode `full`. */
  headers: Readonly<Record<string, string>>;
}

/** A hit with its id. */
export interface LoggedHit extends Hit {
  epoch: string;
  seq: number;
}

const LONGEST_HEADER = 512;

/** Of all that a client sends, this much helps to tell who it was, and nothing else is kept. */
export const KEPT_HEADERS: readonly string[] = [
  'user-agent',
  'accept',
  'accept-language',
  'purpose',
  'sec-purpose',
  'x-requested-with',
  'via',
  'dnt',
  'sec-gpc',
  // User-Agent Client Hints (https://wicg.github.io/ua-client-hints/), by name: a prefix would let a client store
  // as many headers as it likes.
  'sec-ch-ua',
  'sec-ch-ua-arch',
  'sec-ch-ua-bitness',
  'sec-ch-ua-form-factors',
  'sec-ch-ua-full-version',
  'sec-ch-ua-full-version-list',
  'sec-ch-ua-mobile',
  'sec-ch-ua-model',
  'sec-ch-ua-platform',
  'sec-ch-ua-platform-version',
  'sec-ch-ua-wow64',
];

export interface RawRequest {
  at: number;
  method: string;
  ip: string | undefined;
  headers: IncomingHttpHeaders;
  /** Given when many requests have these same headers. */
  shared?: SharedFields | undefined;
}

/** Where what is kept of header fields is found again. */
export interface SharedFields {
  kept?: Readonly<Record<string, string>>;
}

/** What the token's mode does not allow never leaves this function. */
export function makeHit(
  kind: Hit['kind'],
  { at, method, ip, headers, shared }: RawRequest,
  { workspaceId, subject, mode, linkIndex }: TokenClaims,
  url: string | undefined,
): Hit {
  const isFull = mode === 'full';
  const isDay = mode === 'day';
  const hit: Hit = {
    at: isFull ? at : Math.floor(at / DAY_MS) * DAY_MS,
    kind: isDay ? 'open' : kind,
    method,
    workspaceId,
    subject,
    mode,
    headers: isFull ? keptOnce(headers, shared) : {},
  };
  // `day` is the day of the last opening and nothing else: not even that it was a link.
  if (kind === 'click' && !isDay) hit.linkIndex = linkIndex;
  // A destination may name its recipient (`?to=ann@…`), whom `aggregate` must not know.
  if (url !== undefined && isFull) hit.url = url;
  if (ip !== undefined && isFull) hit.ip = ip;
  return hit;
}

function keptOnce(headers: IncomingHttpHeaders, shared: SharedFields | undefined): Hit['headers'] {
  return shared === undefined ? keptHeaders(headers) : (shared.kept ??= Object.freeze(keptHeaders(headers)));
}

function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) keep(kept, name, headers[name]);
  keep(kept, 'referer', originOf(headers.referer));
  return kept;
}

/** Scheme and host; also of `android-app://com.google.android.gm/`, whose WHATWG origin would be `null`. */
function originOf(referer: string | undefined): string | undefined {
  if (referer === undefined || !URL.canParse(referer)) return undefined;
  const { protocol, host } = new URL(referer);
  return host === '' ? undefined : `${protocol}//${host}`;
}

function keep(kept: Record<string, string>, name: string, value: string | string[] | undefined): void {
  if (value === undefined) return;
  const text = Array.isArray(value) ? value.join(', ') : value;
  // A copy: a slice would hold all of a long text in memory for as long as the hit is there.
  kept[name] = text.length > LONGEST_HEADER ? Buffer.from(text.slice(0, LONGEST_HEADER)).toString() : text;
}
