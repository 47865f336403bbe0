import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, BlockList } from 'node:net';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import { passToBackEnd } from './back-end-proxy.ts';
import { clientAddress, networkList } from './client-address.ts';
import type { DenySet } from './deny-set.ts';
import type { HitLog } from './hit-log.ts';
import type { Keyring } from './keyring.ts';
import { blockedPage, NOT_FOUND_PAGE } from './pages.ts';
import { PIXEL } from './pixel.ts';
import { Recorder } from './recorder.ts';
import { readDestination, verifyLinkToken, verifyPixelToken } from './urls.ts';

export interface EdgeOptions {
  listen: { host: string; port: number };
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

export interface EdgeMetrics {
  /** Recorded and durable. */
  hits: number;
  /** Requests on pixels and links with a signature that is not ours. */
  forged: number;
  /** Valid, and not recorded since the deny set says so. */
  silenced: number;
  /** Answered, but the log could not take them. */
  unrecorded: number;
}

export interface Edge {
  address: { host: string; port: number };
  metrics(): EdgeMetrics;
  /** Takes no new connections, finishes the answers under way, for at most four seconds. */
  close(): Promise<void>;
}

const LARGEST_HEAD = 32_768;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 15_000;
const DRAIN_MS = 4_000;

/** Not to be cached anywhere: a second reading shall ask again. */
const PRIVATE = 'no-store, private, max-age=0';
const PIXEL_HEADERS = { 'content-type': 'image/gif', 'content-length': PIXEL.length, 'cache-control': PRIVATE };
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** The listener of pixels, links and, passed on, the recipient's page. It waits for the hit log and nothing else. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const edge = new EdgeServer(options);
  await edge.listen(options.listen);
  return edge;
}

class EdgeServer implements Edge {
  readonly #options: EdgeOptions;
  readonly #server: Server;
  readonly #recorder: Recorder;
  readonly #trusted: BlockList;
  #forged = 0;
  address = { host: '', port: 0 };

  constructor(options: EdgeOptions) {
    this.#options = options;
    this.#recorder = new Recorder({ log: options.hitLog, denySet: options.denySet, logger: options.logger });
    this.#trusted = networkList(options.trustedProxies);
    this.#server = createServer(
      {
        maxHeaderSize: LARGEST_HEAD,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        noDelay: true,
      },
      (request, response) => {
        this.#answer(request, response).catch((error: unknown) => {
          options.logger.error({ err: error }, 'a request could not be answered');
          response.destroy();
        });
      },
    );
  }

  async listen({ host, port }: { host: string; port: number }): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#server.on('error', (error) => this.#options.logger.error({ err: error }, 'listener trouble'));
    this.address = { host, port: (this.#server.address() as AddressInfo).port };
  }

  metrics(): EdgeMetrics {
    return { ...this.#recorder.counts, forged: this.#forged };
  }

  async close(): Promise<void> {
    const timer = setTimeout(() => this.#server.closeAllConnections(), DRAIN_MS);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
    clearTimeout(timer);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/';
    const queryAt = url.indexOf('?');
    const path = queryAt === -1 ? url : url.slice(0, queryAt);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (path.startsWith('/o/') || path.startsWith('/l/')) {
      if (!isRead) return methodNotAllowed(response, 'GET, HEAD');
      if (path.startsWith('/o/')) return this.#pixel(path, request, response);
      return this.#link(path, queryAt === -1 ? '' : url.slice(queryAt + 1), request, response);
    }
    if (path.startsWith('/r/')) {
      if (!isRead && request.method !== 'POST') return methodNotAllowed(response, 'GET, HEAD, POST');
      const client = this.#client(request);
      return passToBackEnd(request, response, this.#options.backendUrl(), client);
    }
    if (path === '/healthz' && isRead) return plain(response, 200, 'ok\n');
    if (path === '/readyz' && isRead) {
      return this.#recorder.healthy ? plain(response, 200, 'ready\n') : plain(response, 503, 'hits cannot be recorded\n');
    }
    return html(response, 404, NOT_FOUND_PAGE);
  }

  /** A forged token gets the very same image: no oracle, and no broken image in anybody's mail. */
  async #pixel(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = path.endsWith('.gif') ? path.slice(3, -4) : '';
    const claims = verifyPixelToken(this.#options.keyring, token);
    if (claims === undefined) this.#forged += 1;
    else await this.#recorder.record('open', this.#raw(request), claims);
    response.writeHead(200, PIXEL_HEADERS).end(PIXEL);
  }

  async #link(path: string, query: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const destination = readDestination(query);
    const claims =
      destination === undefined ? undefined : verifyLinkToken(this.#options.keyring, path.slice(3), destination);
    if (claims === undefined || destination === undefined) {
      this.#forged += 1;
      return html(response, 404, NOT_FOUND_PAGE);
    }
    if (this.#options.denySet.isBlocked(claims.workspaceId)) return html(response, 403, blockedPage(destination));
    await this.#recorder.record('click', this.#raw(request), claims, destination);
    response
      .writeHead(302, {
        location: locationOf(destination),
        'content-length': 0,
        'cache-control': PRIVATE,
        'referrer-policy': 'no-referrer',
      })
      .end();
  }

  #raw(request: IncomingMessage) {
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

/** As signed, but for characters that no header may hold; those are encoded as a browser would. */
function locationOf(destination: string): string {
  return destination.replaceAll(/[^\x21-\x7e]+/g, (part) => encodeURIComponent(part.toWellFormed()));
}

function methodNotAllowed(response: ServerResponse, allow: string): void {
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

function html(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { ...PAGE_HEADERS, 'content-length': Buffer.byteLength(body) }).end(body);
}
