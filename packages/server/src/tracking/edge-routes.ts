import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlockList } from 'node:net';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import { passToBackEnd } from './back-end-proxy.ts';
import { clientAddress, forwardedProtocol, networkList } from './client-address.ts';
import type { DenySet } from './deny-set.ts';
import { locationOf, readDestination } from './destination.ts';
import type { HitLog } from './hit-log.ts';
import type { RawRequest } from './hit.ts';
import type { Keyring } from './keyring.ts';
import { blockedPage, NOT_FOUND_PAGE, sendPage } from './pages.ts';
import { PIXEL } from './pixel.ts';
import { Recorder } from './recorder.ts';
import { verifyLinkToken, verifyPageToken, verifyPixelToken } from './urls.ts';

export interface EdgeRouteOptions {
  keyring: Keyring;
  hitLog: HitLog;
  denySet: DenySet;
  /** CIDRs whose X-Forwarded-For counts. */
  trustedProxies: readonly string[];
  /** Where the recipient's page is answered; undefined while the back end is down. */
  backendUrl: () => string | undefined;
  clock: Clock;
  logger: Logger;
}

export interface RouteCounts {
  /** Requests on pixels, links and pages whose signature is not ours. */
  forged: number;
  /** Links of a workspace suspended for abuse that showed the warning. */
  blocked: number;
}

/** Not to be cached anywhere: a second reading shall ask again. */
const PRIVATE = 'no-store, private, max-age=0';
/** Names and values in turn, as they go on the wire: the fastest form that `writeHead` takes. */
const PIXEL_HEADERS = [
  'Content-Type',
  'image/gif',
  'Content-Length',
  String(PIXEL.length),
  'Cache-Control',
  PRIVATE,
];

/** What the edge answers to each request. */
export class EdgeRoutes {
  readonly #options: EdgeRouteOptions;
  readonly #recorder: Recorder;
  readonly #trusted: BlockList;
  readonly #counts: RouteCounts = { forged: 0, blocked: 0 };

  constructor(options: EdgeRouteOptions) {
    this.#options = options;
    const { hitLog: log, denySet, logger } = options;
    this.#recorder = new Recorder({ log, denySet, logger });
    this.#trusted = networkList(options.trustedProxies);
  }

  counts(): RouteCounts & Recorder['counts'] & { commits: number } {
    return { ...this.#counts, ...this.#recorder.counts, commits: this.#options.hitLog.status().commits };
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path, query } = targetOf(request.url ?? '/');
    const pixelToken = between('/o/', path, '.gif');
    if (pixelToken !== undefined) {
      return isRead(request) ? this.#pixel(pixelToken, request, response) : notAllowed(response, 'GET, HEAD');
    }
    const linkToken = between('/l/', path);
    if (linkToken !== undefined) {
      return isRead(request)
        ? this.#link(linkToken, query, request, response)
        : notAllowed(response, 'GET, HEAD');
    }
    const pageToken = between('/r/', path);
    if (pageToken !== undefined) {
      return isRead(request) || request.method === 'POST'
        ? this.#page(pageToken, request, response)
        : notAllowed(response, 'GET, HEAD, POST');
    }
    if (isRead(request) && path === '/healthz') return plain(response, 200, 'ok\n');
    if (isRead(request) && path === '/readyz') {
      const { ready } = this.#options.hitLog.status();
      return ready ? plain(response, 200, 'ready\n') : plain(response, 503, 'hits cannot be recorded\n');
    }
    sendPage(response, 404, NOT_FOUND_PAGE);
  }

  /** A forged token gets the very same image: no oracle, and no broken image in anybody's mail. */
  async #pixel(token: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const claims = verifyPixelToken(this.#options.keyring, token);
    if (claims === undefined) this.#counts.forged += 1;
    else await this.#recorder.record('open', this.#raw(request), claims);
    response.writeHead(200, PIXEL_HEADERS).end(PIXEL);
  }

  async #link(
    token: string,
    query: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { keyring, denySet } = this.#options;
    const destination = readDestination(query);
    const claims = destination === undefined ? undefined : verifyLinkToken(keyring, token, destination);
    if (claims === undefined || destination === undefined) {
      this.#counts.forged += 1;
      return sendPage(response, 404, NOT_FOUND_PAGE);
    }
    if (denySet.isBlocked(claims.workspaceId)) {
      this.#counts.blocked += 1;
      return sendPage(response, 403, blockedPage(destination));
    }
    await this.#recorder.record('click', this.#raw(request), claims, destination);
    response
      .writeHead(302, [
        'Location',
        locationOf(destination),
        'Content-Length',
        '0',
        'Cache-Control',
        PRIVATE,
        'Referrer-Policy',
        'no-referrer',
      ])
      .end();
  }

  /** Verified here already, so that made-up addresses never reach the back end. */
  #page(token: string, request: IncomingMessage, response: ServerResponse): void {
    if (verifyPageToken(this.#options.keyring, token) === undefined) {
      this.#counts.forged += 1;
      return sendPage(response, 404, NOT_FOUND_PAGE);
    }
    passToBackEnd(request, response, {
      backEndUrl: this.#options.backendUrl(),
      path: `/r/${token}`,
      client: this.#client(request),
      protocol: forwardedProtocol(
        request.socket.remoteAddress,
        request.headers['x-forwarded-proto'],
        this.#trusted,
      ),
    });
  }

  #raw(request: IncomingMessage): RawRequest {
    return {
      at: this.#options.clock(),
      method: request.method ?? 'GET',
      ip: this.#client(request),
      headers: request.headers,
    };
  }

  #client(request: IncomingMessage): string | undefined {
    return clientAddress(request.socket.remoteAddress, request.headers['x-forwarded-for'], this.#trusted);
  }
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Path and query as they were sent, neither decoded nor normalised; also of the absolute form (RFC 9112 §3.2.2). */
function targetOf(url: string): { path: string; query: string } {
  const target = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*/i, '');
  const at = target.indexOf('?');
  return at === -1 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/** The one path segment between a prefix and an ending. */
function between(prefix: string, path: string, ending = ''): string | undefined {
  if (!path.startsWith(prefix) || !path.endsWith(ending)) return undefined;
  const segment = path.slice(prefix.length, path.length - ending.length);
  return segment.includes('/') ? undefined : segment;
}

function notAllowed(response: ServerResponse, allow: string): void {
  response.writeHead(405, { allow, 'content-length': 0 }).end();
}

function plain(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
    })
    .end(text);
}
