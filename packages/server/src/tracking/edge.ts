import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../kernel/logger.ts';
import { KEEP_ALIVE_SECONDS } from './answer.ts';
import { networkList } from './client-address.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { DEFAULT_EDGE_LIMITS } from './edge-limits.ts';
import { EdgeRoutes } from './edge-routes.ts';
import { HotRoutes, type HotRouteOptions, type RouteCounts } from './hot-routes.ts';
import { PlainConnections } from './plain-connections.ts';
import { countRefused, noRejections, type RejectionCounts } from './rejections.ts';

export interface EdgeOptions extends HotRouteOptions {
  /** Port 0: one that the system chooses. */
  listen: { host: string; port: number };
  /** Several processes may listen there at once, and the system divides the connections among them (Linux, BSD). */
  shared?: boolean;
  /** CIDRs whose X-Forwarded-For counts. */
  trustedProxies: readonly string[];
  /** Where the recipient's page is answered; undefined while the back end is down. */
  backendUrl: () => string | undefined;
}

/** Counts since the start. */
export interface EdgeMetrics extends RouteCounts, RejectionCounts {
  /** Recorded and durable. */
  hits: number;
  /** Valid, and not recorded since the deny set says so. */
  silenced: number;
  /** Answered, but not known to be recorded: the log could not take them. */
  unrecorded: number;
  /** Valid, and not recorded since the same source has asked for the same too often. */
  repeated: number;
  /** Open now. */
  connections: number;
  /** Sent away, since there were too many. */
  refused_connections: number;
  /** Durable batches; hits divided by commits is the size of a batch. */
  commits: number;
}

export interface Edge {
  address: { host: string; port: number };
  metrics(): EdgeMetrics;
  /** Takes no new connections, finishes the answers under way, for at most four seconds. */
  close(): Promise<void>;
}

/** The recipient's page takes a short form; nothing else has a body. */
const BODY_TIMEOUT_MS = 10_000;
/**
 * How often the timeouts are looked at. Node's 30 s would make 10 s mean 40; and all that are late by then are cut off in
 * one go, which for thousands holds up everybody.
 */
const CHECK_CONNECTIONS_MS = 200;
const DRAIN_MS = 4_000;
/** Connections that the system may hold until they are accepted; it has a limit of its own (net.core.somaxconn). */
const BACKLOG = 4_096;

/**
 * The listener of pixels, links and, passed on, the recipient's page. It waits for the hit log and nothing else.
 * @throws AppError `misconfigured` for trusted proxies that are no networks; the system's error when it cannot listen
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const edge = new EdgeServer(options);
  await edge.listen(options.listen);
  return edge;
}

class EdgeServer implements Edge {
  readonly #hot: HotRoutes;
  readonly #options: EdgeOptions;
  readonly #server: Server;
  readonly #plain: PlainConnections;
  readonly #limit: ConnectionLimit;
  readonly #rejected = noRejections();
  readonly #logger: Logger;
  #draining = false;
  address = { host: '', port: 0 };

  constructor(options: EdgeOptions) {
    this.#logger = options.logger;
    this.#options = options;
    const { logger, keyring, hitLog, backendUrl } = options;
    const trusted = networkList(options.trustedProxies);
    const hot = new HotRoutes(options);
    const limits = { ...DEFAULT_EDGE_LIMITS, ...options.limits };
    const routes = new EdgeRoutes({ hot, keyring, hitLog, trusted, backendUrl, rejected: this.#rejected });
    this.#hot = hot;
    this.#server = createServer(
      {
        maxHeaderSize: limits.maxHeadBytes,
        headersTimeout: limits.headTimeoutMs,
        requestTimeout: limits.headTimeoutMs + BODY_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_SECONDS * 1_000,
        connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
        noDelay: true,
      },
      (request, response) => {
        // Otherwise the connection would stay open for a next request and hold the drain.
        if (this.#draining) response.shouldKeepAlive = false;
        routes.answer(request, response).catch((error: unknown) => {
          this.#logger.error({ err: error }, 'a request could not be answered');
          response.destroy();
        });
      },
    );
    countRefused(this.#server, this.#rejected);
    // A client that has ended its side is answered all the same. Undocumented, and staying: github.com/nodejs/node/pull/36819
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    // For who neither asks on nor reads what is answered.
    this.#server.timeout = KEEP_ALIVE_SECONDS * 1_000;
    const limit = new ConnectionLimit({ limits, trusted, makeRoom: (client) => this.#makeRoom(client) });
    this.#limit = limit;
    this.#plain = new PlainConnections(this.#server, {
      hot,
      trusted,
      admit: (socket) => limit.admit(socket),
      clientOf: (socket) => limit.clientOf(socket),
      silentMs: limits.headTimeoutMs,
      onLate: () => (this.#rejected.rejected_too_slow += 1),
      logger,
    });
  }

  async listen({ host, port }: { host: string; port: number }): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      const reusePort = this.#options.shared === true;
      this.#server.listen({ port, host, reusePort, backlog: BACKLOG }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#server.on('error', (error) => this.#logger.error({ err: error }, 'listener trouble'));
    this.address = { host, port: (this.#server.address() as AddressInfo).port };
  }

  metrics(): EdgeMetrics {
    const { commits } = this.#options.hitLog.status();
    return {
      ...this.#hot.counts,
      ...this.#hot.recorded,
      ...this.#limit.counts,
      ...this.#rejected,
      commits,
    };
  }

  /** Those of `node:http` that wait for a next request go all at once: there is no telling which waits longest. */
  #makeRoom(client: string | undefined): boolean {
    if (this.#plain.closeIdle(client)) return true;
    if (client === undefined) this.#server.closeIdleConnections();
    return false;
  }

  async close(): Promise<void> {
    this.#draining = true;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.#plain.drain();
    const deadline = setTimeout(() => {
      this.#server.closeAllConnections();
      this.#plain.cut();
    }, DRAIN_MS);
    // Connections become idle one by one as their last answer goes out.
    const sweep = setInterval(() => this.#server.closeIdleConnections(), 20);
    this.#server.closeIdleConnections();
    await closed;
    clearTimeout(deadline);
    clearInterval(sweep);
  }
}
