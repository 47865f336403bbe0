import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { ReplyReader, type Reply } from './reply.ts';

/** The connection is of no use any more; the text says why, and names no address. */
export class ConnectionError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ConnectionError';
  }
}

export interface Target {
  host: string;
  port: number;
  /** TLS from the first byte (RFC 8314). */
  implicitTls: boolean;
  tls: ConnectionOptions;
}

/** Written and waited for piece by piece; what is smaller is left to the system. */
const PIECE_BYTES = 262_144;

/**
 * Bytes and replies, without a notion of mail. Time limits are looked at by {@link expire}, which the owner calls now and
 * then: a timer for each wait would be made and cleared five times a mail.
 */
export class Connection {
  readonly #target: Target;
  #socket: Socket;
  readonly #reader = new ReplyReader();
  readonly #replies: Reply[] = [];
  #waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void } | undefined;
  #deadline = Infinity;
  #late = '';
  #failure: Error | undefined;
  readonly #onClose: () => void;
  isSecure: boolean;
  readonly #onData = (piece: Buffer): void => this.#read(piece);
  readonly #onEnd = (): void => void this.fail(new ConnectionError('The mail server closed the connection.'));

  constructor(target: Target, onClose: () => void) {
    this.#target = target;
    this.#onClose = onClose;
    this.isSecure = target.implicitTls;
    const { host, port, tls, implicitTls } = target;
    this.#socket = implicitTls ? connectTls({ ...tls, host, port }) : connect({ host, port });
    this.#socket.setNoDelay(true);
    this.#listen(this.#socket);
  }

  /** Whether commands can be sent. A server that speaks unasked has ended the session. */
  get isUsable(): boolean {
    return this.#failure === undefined && this.#replies.length === 0 && !this.#reader.isInReply;
  }

  /** An answer that nobody has asked for yet. */
  get unread(): Reply | undefined {
    return this.#replies[0];
  }

  /** For EHLO, when the machine has no name of its own (RFC 5321 §4.1.3). */
  get addressLiteral(): string {
    const address = this.#socket.localAddress ?? '127.0.0.1';
    return address.includes(':') ? `[IPv6:${address}]` : `[${address}]`;
  }

  write(data: string | Buffer): void {
    this.#socket.write(data);
  }

  /** Several pieces in as few packets as they need. */
  writeTogether(pieces: readonly (string | Buffer)[]): void {
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
  }

  /** A long text, as far as the server has not answered; each piece has the time limit. @throws ConnectionError */
  async writeLong(data: Buffer, limitMs: number): Promise<void> {
    for (let start = 0; start < data.length; start += PIECE_BYTES) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.unread !== undefined) break;
      if (this.#socket.write(data.subarray(start, start + PIECE_BYTES))) continue;
      this.#limit(limitMs, 'The mail server took nothing more of the mail.');
      await this.#first('drain');
    }
    this.#limit(Infinity, '');
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves when bytes can go. @throws ConnectionError */
  async opened(limitMs: number): Promise<void> {
    this.#limit(limitMs, 'The mail server cannot be reached: it does not answer.');
    await this.#first(this.#target.implicitTls ? 'secureConnect' : 'connect');
    this.#limit(Infinity, '');
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The next reply. @throws ConnectionError */
  reply(limitMs: number, late: string): Promise<Reply> {
    const reply = this.#replies.shift();
    if (reply !== undefined) return Promise.resolve(reply);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#limit(limitMs, late);
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }

  /** After the server's word for STARTTLS. @throws ConnectionError */
  async startTls(limitMs: number): Promise<void> {
    // What came in the clear behind that word may be an attacker's, to be taken for an answer inside TLS.
    if (!this.isUsable) throw this.fail(new ConnectionError('The mail server spoke before TLS was there.'));
    const plain = this.#socket;
    plain.off('data', this.#onData).off('end', this.#onEnd);
    const secure = connectTls({ ...this.#target.tls, socket: plain });
    this.#socket = secure;
    this.#listen(secure);
    this.#limit(limitMs, 'The TLS handshake took too long.');
    await this.#first('secureConnect');
    this.#limit(Infinity, '');
    if (this.#failure !== undefined) throw this.#failure;
    this.isSecure = true;
  }

  /** Ends it if the server is late. @param now as of `performance.now()` */
  expire(now: number): void {
    if (now >= this.#deadline) this.fail(new ConnectionError(this.#late));
  }

  /** Says goodbye without waiting for the answer longer than `limitMs`. */
  quit(limitMs: number): void {
    this.#limit(limitMs, 'The mail server does not hang up.');
    this.#socket.end('QUIT\r\n');
  }

  /** @returns what is wrong with the connection: the first failure counts */
  fail(error: Error): Error {
    this.#failure ??= error;
    this.#socket.destroy();
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
    return this.#failure;
  }

  #limit(ms: number, late: string): void {
    this.#deadline = ms === Infinity ? Infinity : performance.now() + ms;
    this.#late = late;
  }

  #listen(socket: Socket): void {
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', (error) => this.fail(new ConnectionError(error.message, error)));
    socket.on('close', () => {
      this.#onEnd();
      this.#onClose();
    });
  }

  /** Resolves with the event, or when the connection is closed. */
  async #first(event: 'connect' | 'secureConnect' | 'drain'): Promise<void> {
    const socket = this.#socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once(event, resolve).once('close', resolve);
    await promise;
    socket.off(event, resolve).off('close', resolve);
  }

  #read(piece: Buffer): void {
    try {
      for (const reply of this.#reader.push(piece)) {
        const waiting = this.#waiting;
        if (waiting === undefined) {
          this.#replies.push(reply);
          continue;
        }
        this.#waiting = undefined;
        this.#deadline = Infinity;
        waiting.resolve(reply);
      }
    } catch (error) {
      this.fail(new ConnectionError((error as Error).message));
    }
  }
}
