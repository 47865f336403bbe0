import type { IncomingHttpHeaders } from 'node:http';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { TokenClaims, TokenMode } from './token.ts';

/** One request on a pixel or link, as the policy lets it be kept. */
export interface Hit {
  /** ms UTC; the start of the day in modes `day` and `aggregate` */
  at: number;
  kind: 'open' | 'click';
  method: string;
  workspaceId: WorkspaceId;
  /** The delivery's id; the message's in mode `aggregate`. */
  subject: string;
  mode: TokenMode;
  /** From 1; only clicks. */
  linkIndex?: number;
  /** Where the click led. */
  url?: string;
  ip?: string;
  /** Lower-case names, only those of {@link KEPT_HEADERS}. */
  headers: Record<string, string>;
}

/** A hit with its id. */
export interface LoggedHit extends Hit {
  epoch: string;
  seq: number;
}

const DAY_MS = 86_400_000;
const LONGEST_HEADER = 512;

/** Of all that a client sends, this much helps to tell who it was, and nothing else is kept. */
const KEPT_HEADERS: readonly string[] = [
  'user-agent',
  'accept',
  'accept-language',
  'purpose',
  'sec-purpose',
  'x-requested-with',
  'via',
  'dnt',
  'sec-gpc',
];

export interface RawRequest {
  at: number;
  method: string;
  ip: string | undefined;
  headers: IncomingHttpHeaders;
}

/** What the token's mode does not allow never leaves this function. */
export function makeHit(
  kind: Hit['kind'],
  { at, method, ip, headers }: RawRequest,
  claims: TokenClaims,
  url: string | undefined,
): Hit {
  const { workspaceId, subject, mode, linkIndex } = claims;
  const isFull = mode === 'full';
  return {
    at: isFull ? at : Math.floor(at / DAY_MS) * DAY_MS,
    kind,
    method,
    workspaceId,
    subject,
    mode,
    // `day` is the day of the last opening and nothing else: not even which link it was.
    ...(kind === 'click' && mode !== 'day' ? { linkIndex } : {}),
    ...(url !== undefined && mode !== 'day' ? { url } : {}),
    ...(isFull && ip !== undefined ? { ip } : {}),
    headers: isFull ? keptHeaders(headers) : {},
  };
}

function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) keep(kept, name, headers[name]);
  for (const name in headers) if (name.startsWith('sec-ch-ua')) keep(kept, name, headers[name]);
  const { referer } = headers;
  if (referer !== undefined && URL.canParse(referer)) keep(kept, 'referer', new URL(referer).origin);
  return kept;
}

function keep(kept: Record<string, string>, name: string, value: string | string[] | undefined): void {
  if (value === undefined) return;
  kept[name] = (Array.isArray(value) ? value.join(', ') : value).slice(0, LONGEST_HEADER);
}
