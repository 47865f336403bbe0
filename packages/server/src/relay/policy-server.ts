/* eslint-disable no-underscore-dangle -- smtp-server names what subclasses may replace like this; the version is pinned */
import type { Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onClientHello } from './client-hello.ts';
import { PolicyConnection, type ConnectionPolicy } from './policy-connection.ts';

/** How exact time limits are; the tests' are shorter. */
const LONGEST_SWEEP_MS = 1_000;

/**
 * smtp-server with connections that keep to the policy: see PolicyConnection. Time limits are looked at for all
 * connections at once; a timer for each of ten thousand idle ones would cost memory.
 */
export class PolicyServer extends SMTPServer {
  readonly #policy: ConnectionPolicy;
  readonly #sweep: NodeJS.Timeout;
  /** Connections in the TLS handshake that comes first (RFC 8314), and since when. */
  readonly #handshakes = new Map<Socket, number>();

  constructor(options: SMTPServerOptions, policy: ConnectionPolicy) {
    super(options);
    this.#policy = policy;
    const { idleMs, signInMs, handshakeMs, dataWindowMs } = policy.shares.limits;
    const sweepMs = Math.min(LONGEST_SWEEP_MS, Math.min(idleMs, signInMs, handshakeMs, dataWindowMs) / 4);
    this.#sweep = setInterval(() => this.#endSlow(), sweepMs);
    this.#sweep.unref();
  }

  override connect(...[socket, socketOptions]: Parameters<SMTPServer['connect']>): void {
    const connection = new PolicyConnection(this, socket, socketOptions, this.#policy);
    this.connections.add(connection);
    connection.on('error', (error: Error) => this.emit('error', error));
    connection.init();
  }

  override close(callback?: (() => void) | null): void {
    clearInterval(this.#sweep);
    super.close(callback);
  }

  /** A connection counts from its first byte, not only when its handshake is done. */
  override _acceptSocket(socket: Socket, handshake: boolean): (() => void) | false {
    if (!handshake) return super._acceptSocket(socket, handshake);
    const { connections, clock } = this.#policy.shares;
    const opened = connections.open(socket.remoteAddress ?? '', this.#policy.trusted);
    const accepted = 'release' in opened && super._acceptSocket(socket, handshake);
    if (accepted === false) {
      if ('release' in opened) opened.release();
      // Nothing can be said before TLS is there.
      socket.on('error', () => {}).destroy();
      return false;
    }
    this.#handshakes.set(socket, clock());
    const release = (): void => {
      this.#handshakes.delete(socket);
      if ('release' in opened) opened.release();
    };
    socket.once('close', release);
    return () => {
      release();
      accepted();
    };
  }

  override _upgrade(...[socket, done]: Parameters<SMTPServer['_upgrade']>): void {
    onClientHello(socket, () => super._upgrade(socket, done));
  }

  #endSlow(): void {
    const now = this.#policy.shares.clock();
    for (const [socket, since] of this.#handshakes) {
      // The outermost socket of the handshake: to take the one below it away is not safe.
      if (now - since > this.#policy.shares.limits.handshakeMs) {
        (this._pendingSockets.get(socket) ?? socket).destroy();
      }
    }
    for (const connection of this.connections) (connection as PolicyConnection).endIfSlow(now);
  }
}
