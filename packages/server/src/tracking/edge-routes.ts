import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlockList } from 'node:net';
import { answerOf, type Answer } from './answer.ts';
import { passToBackEnd } from './back-end-proxy.ts';
import { clientAddress, forwardedProtocol } from './client-address.ts';
import type { HitLog } from './hit-log.ts';
import { between, type HotRoutes } from './hot-routes.ts';
import type { Keyring } from './keyring.ts';
import { NOT_FOUND, send } from './pages.ts';
import type { RejectionCounts } from './rejections.ts';
import { verifyPageToken } from './urls.ts';

export interface EdgeRouteOptions {
  hot: HotRoutes;
  keyring: Keyring;
  hitLog: HitLog;
  trusted: BlockList;
  rejected: RejectionCounts;
  /** Where the recipient's page is answered; undefined while the back end is down. */
  backendUrl: () => string | undefined;
}

/** What the edge answers to each request that `node:http` reads. */
export class EdgeRoutes {
  readonly #options: EdgeRouteOptions;

  constructor(options: EdgeRouteOptions) {
    this.#options = options;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // RFC 9112 §3.2; who reads the first and who reads the second would disagree about what this is.
    if (request.rawHeaders.filter((text, at) => at % 2 === 0 && /^host$/i.test(text)).length > 1)
      return this.#refuse(response, TWO_HOSTS, 'rejected_malformed');
    const target = originForm(request.url ?? '/');
    const path = target.replace(/\?.*$/s, '');
    const isHot = between('/o/', path, '.gif') !== undefined || between('/l/', path) !== undefined;
    if (isHot)
      return isRead(request) ? this.#hot(target, request, response) : this.#notAllowed(response, 'GET, HEAD');
    const pageToken = between('/r/', path);
    if (pageToken !== undefined) {
      return isRead(request) || request.method === 'POST'
        ? this.#page(pageToken, request, response)
        : this.#notAllowed(response, 'GET, HEAD, POST');
    }
    if (isRead(request) && path === '/healthz') return plain(response, 200, 'ok\n');
    if (isRead(request) && path === '/readyz') {
      const { ready } = this.#options.hitLog.status();
      return ready ? plain(response, 200, 'ready\n') : plain(response, 503, 'hits cannot be recorded\n');
    }
    this.#refuse(response, NOT_FOUND, 'rejected_unknown');
  }

  async #hot(target: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request;
    const decision = this.#options.hot.decide(target, { method, ip: this.#client(request), headers });
    if (decision === undefined) return this.#refuse(response, NOT_FOUND, 'rejected_unknown');
    await decision.after;
    send(response, decision.answer);
  }

  /** Verified here already, so that made-up addresses never reach the back end. */
  #page(token: string, request: IncomingMessage, response: ServerResponse): void {
    if (verifyPageToken(this.#options.keyring, token) === undefined) {
      this.#options.hot.counts.forged += 1;
      return send(response, NOT_FOUND);
    }
    passToBackEnd(request, response, {
      backEndUrl: this.#options.backendUrl(),
      path: `/r/${token}`,
      client: this.#client(request),
      protocol: forwardedProtocol(
        request.socket.remoteAddress,
        request.headers['x-forwarded-proto'],
        this.#options.trusted,
      ),
    });
  }

  #notAllowed(response: ServerResponse, allow: string): void {
    this.#refuse(response, answerOf(405, ['Allow', allow, 'Content-Length', '0']), 'rejected_method');
  }

  #refuse(response: ServerResponse, answer: Answer, why: keyof RejectionCounts): void {
    this.#options.rejected[why] += 1;
    send(response, answer);
  }

  #client(request: IncomingMessage): string | undefined {
    const { remoteAddress } = request.socket;
    return clientAddress(remoteAddress, request.headers['x-forwarded-for'], this.#options.trusted);
  }
}

const TWO_HOSTS = answerOf(400, ['Content-Length', '0', 'Connection', 'close']);

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

/**
 * Path and query as they were sent, neither decoded nor normalised; also of the absolute form (RFC 9112 §3.2.2). A fragment
 * has no place in a request (§3.2.1), and whoever sends it all the same means the address before it.
 */
function originForm(url: string): string {
  const withoutFragment = url.replace(/#.*$/s, '');
  return withoutFragment.startsWith('/')
    ? withoutFragment
    : withoutFragment.replace(/^https?:\/\/[^/?#]*/i, '');
}

function plain(response: ServerResponse, status: number, text: string): void {
  const length = String(Buffer.byteLength(text));
  send(
    response,
    answerOf(
      status,
      ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', length, 'Cache-Control', 'no-store'],
      text,
    ),
  );
}
