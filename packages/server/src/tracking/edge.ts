import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../kernel/logger.ts';
import { EdgeRoutes, type EdgeRouteOptions, type RouteCounts } from './edge-routes.ts';

export interface EdgeOptions extends EdgeRouteOptions {
  /** Port 0: one that the system chooses. */
  listen: { host: string; port: number };
}

/** Counts since the start. */
export interface EdgeMetrics extends RouteCounts {
  /** Recorded and durable. */
  hits: number;
  /** Valid, and not recorded since the deny set says so. */
  silenced: number;
  /** Answered, but not known to be recorded: the log could not take them. */
  unrecorded: number;
  /** Durable batches; hits divided by commits is the size of a batch. */
  commits: number;
}

export interface Edge {
  address: { host: string; port: number };
  metrics(): EdgeMetrics;
  /** Takes no new connections, finishes the answers under way, for at most four seconds. */
  close(): Promise<void>;
}

const LARGEST_HEAD = 32_768;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 20_000;
/** Longer than the minute for which usual proxies keep a connection, so that none sends into a closing one. */
const KEEP_ALIVE_MS = 65_000;
/** How often the timeouts are looked at; Node's 30 s would make 10 s mean 40. */
const CHECK_CONNECTIONS_MS = 2_000;
const DRAIN_MS = 4_000;

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
  readonly #routes: EdgeRoutes;
  readonly #server: Server;
  readonly #logger: Logger;
  #draining = false;
  address = { host: '', port: 0 };

  constructor(options: EdgeOptions) {
    this.#logger = options.logger;
    this.#routes = new EdgeRoutes(options);
    this.#server = createServer(
      {
        maxHeaderSize: LARGEST_HEAD,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
        noDelay: true,
      },
      (request, response) => {
        // Otherwise the connection would stay open for a next request and hold the drain.
        if (this.#draining) response.shouldKeepAlive = false;
        this.#routes.answer(request, response).catch((error: unknown) => {
          this.#logger.error({ err: error }, 'a request could not be answered');
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
    this.#server.on('error', (error) => this.#logger.error({ err: error }, 'listener trouble'));
    this.address = { host, port: (this.#server.address() as AddressInfo).port };
  }

  metrics(): EdgeMetrics {
    return this.#routes.counts();
  }

  async close(): Promise<void> {
    this.#draining = true;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    const deadline = setTimeout(() => this.#server.closeAllConnections(), DRAIN_MS);
    // Connections become idle one by one as their last answer goes out.
    const sweep = setInterval(() => this.#server.closeIdleConnections(), 20);
    this.#server.closeIdleConnections();
    await closed;
    clearTimeout(deadline);
    clearInterval(sweep);
  }
}
