import { answerOf, type Answer } from './answer.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { DenySet } from './deny-set.ts';
import { locationOf, readDestination } from './destination.ts';
import { DEFAULT_EDGE_LIMITS, type EdgeLimits } from './edge-limits.ts';
import type { HitLog } from './hit-log.ts';
import type { RawRequest } from './hit.ts';
import type { Keyring } from './keyring.ts';
import { blockedPage, NOT_FOUND, NOWHERE, pageAnswer } from './pages.ts';
import { PIXEL } from './pixel.ts';
import { Recorder } from './recorder.ts';
import { RepeatLimit } from './repeat-limit.ts';
import { TRAP_PAGE, verifyLinkToken, verifyPixelToken } from './urls.ts';

export interface RouteCounts {
  /** Requests on pixels, links and pages whose signature is not ours. */
  forged: number;
  /** Links of a workspace suspended for abuse that showed the warning. */
  blocked: number;
}

/** An answer, and what must have happened before it may go out. */
export interface Decision {
  answer: Answer;
  after: Promise<void> | undefined;
}

/** Not to be cached anywhere: a second reading shall ask again. */
const PRIVATE = 'no-store, private, max-age=0';
const PIXEL_ANSWER = answerOf(
  200,
  ['Content-Type', 'image/gif', 'Content-Length', String(PIXEL.length), 'Cache-Control', PRIVATE],
  PIXEL,
  true,
);

export interface HotRouteOptions {
  keyring: Keyring;
  hitLog: HitLog;
  denySet: DenySet;
  clock: Clock;
  /** Those that are not given are {@link DEFAULT_EDGE_LIMITS}. */
  limits?: Partial<EdgeLimits>;
  logger: Logger;
}

/** Pixels and links: decides at once, from memory. The answer waits for the hit log and nothing else. */
export class HotRoutes {
  readonly #options: HotRouteOptions;
  readonly #recorder: Recorder;
  readonly counts: RouteCounts = { forged: 0, blocked: 0 };

  constructor(options: HotRouteOptions) {
    this.#options = options;
    const { hitLog: log, denySet, logger } = options;
    const repeats = new RepeatLimit(options.limits?.repeatsPerMinute ?? DEFAULT_EDGE_LIMITS.repeatsPerMinute);
    this.#recorder = new Recorder({ log, denySet, repeats, logger });
  }

  get recorded(): Recorder['counts'] {
    return this.#recorder.counts;
  }

  /**
   * @param target path and query as they were sent
   * @returns undefined for what is neither a pixel's nor a link's address
   */
  decide(target: string, request: Omit<RawRequest, 'at'>): Decision | undefined {
    const queryAt = target.indexOf('?');
    const path = queryAt === -1 ? target : target.slice(0, queryAt);
    const pixelToken = between('/o/', path, '.gif');
    if (pixelToken !== undefined) return this.#pixel(pixelToken, request);
    const linkToken = between('/l/', path);
    if (linkToken === undefined) return undefined;
    if (linkToken === TRAP_PAGE) return { answer: NOWHERE, after: undefined };
    return this.#link(linkToken, queryAt === -1 ? '' : target.slice(queryAt + 1), request);
  }

  /** A forged token gets the very same image: no oracle, and no broken image in anybody's mail. */
  #pixel(token: string, request: Omit<RawRequest, 'at'>): Decision {
    const claims = verifyPixelToken(this.#options.keyring, token);
    if (claims === undefined) {
      this.counts.forged += 1;
      return { answer: PIXEL_ANSWER, after: undefined };
    }
    return { answer: PIXEL_ANSWER, after: this.#recorder.record('open', this.#dated(request), claims) };
  }

  #link(token: string, query: string, request: Omit<RawRequest, 'at'>): Decision {
    const { keyring, denySet } = this.#options;
    const destination = readDestination(query);
    const claims = destination === undefined ? undefined : verifyLinkToken(keyring, token, destination);
    if (claims === undefined || destination === undefined) {
      this.counts.forged += 1;
      return { answer: NOT_FOUND, after: undefined };
    }
    if (denySet.isBlocked(claims.workspaceId)) {
      this.counts.blocked += 1;
      return { answer: pageAnswer(403, blockedPage(destination)), after: undefined };
    }
    const after = this.#recorder.record('click', this.#dated(request), claims, destination);
    return { answer: redirect(destination), after };
  }

  #dated({ method, ip, headers, shared }: Omit<RawRequest, 'at'>): RawRequest {
    return { at: this.#options.clock(), method, ip, headers, shared };
  }
}

function redirect(destination: string): Answer {
  return answerOf(302, [
    'Location',
    locationOf(destination),
    'Content-Length',
    '0',
    'Cache-Control',
    PRIVATE,
    'Referrer-Policy',
    'no-referrer',
  ]);
}

/** The one path segment between a prefix and an ending. */
export function between(prefix: string, path: string, ending = ''): string | undefined {
  if (!path.startsWith(prefix) || !path.endsWith(ending)) return undefined;
  const segment = path.slice(prefix.length, path.length - ending.length);
  return segment.includes('/') ? undefined : segment;
}
