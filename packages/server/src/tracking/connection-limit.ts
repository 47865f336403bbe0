import type { BlockList, Socket } from 'node:net';
import { clientGroup } from '../kernel/client-group.ts';
import { isTrustedAddress, LOOPBACK, plainAddress } from './client-address.ts';
import type { EdgeLimits } from './edge-limits.ts';

const BODY = 'Too many connections. Try again in a moment.\n';
const FULL = [
  'HTTP/1.1 503 Service Unavailable',
  'Content-Type: text/plain; charset=utf-8',
  `Content-Length: ${BODY.length}`,
  'Retry-After: 5',
  'Cache-Control: no-store',
  'Connection: close',
  '',
  BODY,
].join('\r\n');
/** For the answer to get through; then the connection is cut. */
const GOODBYE_MS = 2_000;

export interface ConnectionLimitOptions {
  limits: Pick<EdgeLimits, 'maxConnections' | 'maxConnectionsPerAddress'>;
  /** Proxies whose connections are other people's. */
  trusted: BlockList;
  /** Closes a connection that waits for nothing, of that client or of anybody; says whether there was one. */
  makeRoom: (client: string | undefined) => boolean;
}

/**
 * How many connections there may be, in all and of one client; of programs on this machine and trusted proxies only in
 * all. When it is full, connections that idle make room, and only if there are none a newcomer is sent away, with words.
 */
export class ConnectionLimit {
  readonly #options: ConnectionLimitOptions;
  readonly #byClient = new Map<string, number>();
  #open = 0;
  #refused = 0;

  constructor(options: ConnectionLimitOptions) {
    this.#options = options;
  }

  get counts(): { connections: number; refused_connections: number } {
    return { connections: this.#open, refused_connections: this.#refused };
  }

  /** Counts the connection until it is closed. @returns false when it was sent away */
  admit(socket: Socket): boolean {
    const { limits, makeRoom } = this.#options;
    const client = this.clientOf(socket);
    const own = client === undefined ? 0 : (this.#byClient.get(client) ?? 0);
    const isFullForClient = client !== undefined && own >= limits.maxConnectionsPerAddress;
    const isFull = this.#open >= limits.maxConnections;
    if ((isFullForClient && !makeRoom(client)) || (isFull && !isFullForClient && !makeRoom(undefined))) {
      this.#refuse(socket);
      return false;
    }
    this.#open += 1;
    if (client !== undefined) this.#byClient.set(client, own + 1);
    socket.once('close', () => this.#release(client));
    return true;
  }

  /** Undefined: not to be limited by itself. */
  clientOf({ remoteAddress }: Socket): string | undefined {
    const address = plainAddress(remoteAddress ?? '');
    if (address === undefined || LOOPBACK.test(address)) return undefined;
    return isTrustedAddress(address, this.#options.trusted) ? undefined : clientGroup(address);
  }

  #release(client: string | undefined): void {
    this.#open -= 1;
    if (client === undefined) return;
    const left = (this.#byClient.get(client) ?? 1) - 1;
    if (left === 0) this.#byClient.delete(client);
    else this.#byClient.set(client, left);
  }

  #refuse(socket: Socket): void {
    this.#refused += 1;
    socket.on('error', () => {});
    // What it says is read to nowhere: bytes that nobody reads would make the system reset the connection, answer and all.
    socket.resume().end(FULL);
    const cut = setTimeout(() => socket.destroy(), GOODBYE_MS);
    cut.unref();
    socket.once('close', () => clearTimeout(cut));
  }
}
