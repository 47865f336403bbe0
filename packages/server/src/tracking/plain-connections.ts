import type { Server } from 'node:http';
import type { BlockList, Socket } from 'node:net';
import type { Logger } from '../kernel/logger.ts';
import { AnswerBytes, KEEP_ALIVE_SECONDS, type Answer } from './answer.ts';
import { clientAddress, isTrustedAddress } from './client-address.ts';
import { KEPT_HEADERS } from './hit.ts';
import type { HotRoutes } from './hot-routes.ts';
import { PlainRequestReader, type PlainRequest } from './plain-request.ts';

/** Answers that one connection may be owed before more of its requests are read. */
const MOST_WAITING = 64;
const SWEEP_MS = 1_000;
/** For one that can make room. */
const MOST_LOOKED_AT = 500;
/** Connections that are looked at in one turn: a crowd of silent ones must not hold up those who speak. */
const SWEPT_AT_ONCE = 200;
/** For who has connected and said nothing, as `node:http` has it. */
const LATE = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';
/**
 * The answers of one commit go out in so many portions. While the last are written, the first ones' next requests are
 * read already, and the hit log begins the next commit: so neither the disk nor the processor waits for the other.
 */
const PORTIONS = 4;
const SMALLEST_PORTION = 8;
/** For who does not read its last answers. */
const GOODBYE_MS = 10_000;

export interface PlainConnectionOptions {
  hot: HotRoutes;
  trusted: BlockList;
  /** Counts a connection; false when it was sent away. */
  admit: (socket: Socket) => boolean;
  /** Whose it is, as far as that has a limit. */
  clientOf: (socket: Socket) => string | undefined;
  /** Who has said nothing for so long after connecting is cut off. */
  silentMs: number;
  /** Told of each that is. */
  onLate: () => void;
  logger: Logger;
}

/** An answer that a connection is owed, in the order of its requests. */
interface Owed {
  connection: PlainConnection;
  answer: Answer;
  isHead: boolean;
  keepAlive: boolean;
  isReady: boolean;
}

/**
 * Stands before `node:http` on its own listener and serves the requests that leave no doubt ({@link PlainRequestReader})
 * straight from the socket, several times faster. With the first one that is not so ordinary the connection, and
 * every byte of it that was not answered, goes to `node:http` for good.
 */
export class PlainConnections {
  readonly #options: PlainConnectionOptions;
  readonly #server: Server;
  readonly #toHttp: (socket: Socket) => void;
  readonly #connections = new Set<PlainConnection>();
  readonly #bytes = new AnswerBytes();
  readonly #sweeper: NodeJS.Timeout;
  readonly reader: PlainRequestReader;
  /** Those that wait for the same commit. */
  #waiting: { after: Promise<void>; owed: Owed[] } | undefined;
  isDraining = false;
  #isSweeping = false;

  /** @param server whose connections are taken over; it must not listen yet */
  constructor(server: Server, options: PlainConnectionOptions) {
    this.#options = options;
    this.#server = server;
    const listeners = server.listeners('connection');
    this.#toHttp = (socket) => {
      for (const listener of listeners) Reflect.apply(listener, server, [socket]);
    };
    this.reader = new PlainRequestReader([...KEPT_HEADERS, 'referer', 'x-forwarded-for']);
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (!options.admit(socket)) return;
      this.#connections.add(new PlainConnection(this, socket));
    });
    this.#sweeper = setInterval(() => void this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
  }

  /** Closes one of the oldest connections that wait for nothing. @returns false when there was none among them */
  closeIdle(client: string | undefined): boolean {
    let looked = 0;
    for (const connection of this.#connections) {
      if (looked++ > MOST_LOOKED_AT) return false;
      if (client !== undefined && this.#options.clientOf(connection.socket) !== client) continue;
      if (connection.endIfIdle()) return true;
    }
    return false;
  }

  /** Finishes the answers that are owed, then closes. */
  drain(): void {
    this.isDraining = true;
    clearInterval(this.#sweeper);
    for (const connection of this.#connections) connection.endIfIdle();
  }

  /** Ends what is still open, whatever it is owed. */
  cut(): void {
    for (const { socket } of this.#connections) socket.destroy();
  }

  bytesOf({ answer, isHead, keepAlive }: Owed): Buffer {
    return this.#bytes.of(answer, { isHead, keepAlive: keepAlive && !this.isDraining });
  }

  /** @returns what the connection is owed; undefined when it is not for us after all */
  decide(
    connection: PlainConnection,
    { target, method, headers, shared, keepAlive }: PlainRequest,
  ): Owed | undefined {
    const ip = connection.client(headers['x-forwarded-for'], this.#options.trusted);
    const decision = this.#options.hot.decide(target, { method, ip, headers, shared });
    if (decision === undefined) return undefined;
    const { answer, after } = decision;
    const owed = { connection, answer, isHead: method === 'HEAD', keepAlive, isReady: after === undefined };
    if (after !== undefined) this.#wait(owed, after);
    return owed;
  }

  /** For good: it comes back neither to here nor to its connection object. */
  handOver(connection: PlainConnection, socket: Socket): void {
    this.#connections.delete(connection);
    socket.pause();
    this.#toHttp(socket);
    socket.resume();
    if (this.isDraining) this.#server.closeIdleConnections();
  }

  forget(connection: PlainConnection): void {
    this.#connections.delete(connection);
  }

  failed(error: unknown): void {
    this.#options.logger.error({ err: error }, 'a request could not be answered');
  }

  #wait(owed: Owed, after: Promise<void>): void {
    if (this.#waiting?.after !== after) {
      const waiting = { after, owed: [] as Owed[] };
      this.#waiting = waiting;
      void after.then(() => {
        if (this.#waiting === waiting) this.#waiting = undefined;
        release(waiting.owed);
      });
    }
    this.#waiting.owed.push(owed);
  }

  async #sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    let looked = 0;
    for (const connection of this.#connections) {
      if (connection.endIfSilent(performance.now(), this.#options.silentMs)) this.#options.onLate();
      looked += 1;
      if (looked % SWEPT_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
      if (this.isDraining) break;
    }
    this.#isSweeping = false;
  }
}

function release(owed: readonly Owed[]): void {
  for (const each of owed) each.isReady = true;
  flush(owed, 0, Math.max(SMALLEST_PORTION, Math.ceil(owed.length / PORTIONS)));
}

function flush(owed: readonly Owed[], from: number, portion: number): void {
  const end = Math.min(owed.length, from + portion);
  for (let at = from; at < end; at++) owed[at]?.connection.flush();
  if (end < owed.length) setImmediate(flush, owed, end, portion);
}

class PlainConnection {
  readonly #hub: PlainConnections;
  readonly #socket: Socket;
  #owed: Owed[] = [];
  /** Bytes that were given back to the socket wait until what is owed is written. */
  #isHeld = false;
  #isForHttp = false;
  #isOver = false;
  #hasAsked = false;
  #touchedAt = performance.now();
  #closedAt: number | undefined;
  #peer: string | undefined;
  #isPeerTrusted: boolean | undefined;

  constructor(hub: PlainConnections, socket: Socket) {
    this.#hub = hub;
    this.#socket = socket;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('error', ignore).on('close', this.#onClose);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#touchedAt = performance.now();
    this.#take(chunk);
  };

  /** The client has said everything; what it is owed it still gets. */
  readonly #onEnd = (): void => {
    if (this.#owed.length === 0) this.#close();
    else this.#isOver = true;
  };

  readonly #onClose = (): void => {
    this.#isOver = true;
    this.#owed = [];
    this.#hub.forget(this);
  };

  readonly #onDrain = (): void => {
    this.#socket.off('drain', this.#onDrain);
    if (!this.#isHeld) this.#socket.resume();
  };

  get socket(): Socket {
    return this.#socket;
  }

  client(forwardedFor: string | undefined, trusted: BlockList): string | undefined {
    const { remoteAddress } = this.#socket;
    this.#peer ??= clientAddress(remoteAddress, undefined, trusted);
    this.#isPeerTrusted ??= this.#peer !== undefined && isTrustedAddress(this.#peer, trusted);
    return this.#isPeerTrusted ? clientAddress(remoteAddress, forwardedFor, trusted) : this.#peer;
  }

  #take(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#isOver) {
      if (this.#owed.length >= MOST_WAITING) {
        this.#hold(chunk.subarray(at), false);
        break;
      }
      const request = this.#hub.reader.read(chunk, at);
      const owed = request === undefined ? undefined : this.#decide(request);
      if (request === undefined || owed === undefined) {
        if (!this.#isOver) this.#hold(chunk.subarray(at), true);
        break;
      }
      this.#hasAsked = true;
      this.#owed.push(owed);
      at = request.end;
      // RFC 9112 §9.6: nothing behind it is looked at.
      if (!request.keepAlive) this.#isOver = true;
    }
    this.flush();
  }

  #decide(request: PlainRequest): Owed | undefined {
    try {
      return this.#hub.decide(this, request);
    } catch (error) {
      this.#hub.failed(error);
      this.#isOver = true;
      this.#socket.destroy();
      return undefined;
    }
  }

  /** Back into the socket: so its end, when the client has said everything, is told only behind them. */
  #hold(unread: Buffer, isForHttp: boolean): void {
    this.#isHeld = true;
    this.#isForHttp = isForHttp;
    this.#socket.pause().unshift(unread);
  }

  /** Writes the answers that are due. */
  flush(): void {
    const owed = this.#owed;
    if (owed[0]?.isReady === true) {
      let count = 1;
      while (owed[count]?.isReady === true) count += 1;
      this.#owed = owed.slice(count);
      const due = count === owed.length ? owed : owed.slice(0, count);
      this.#write(due);
    }
    if (this.#owed.length > 0 || this.#socket.destroyed || this.#isOver || !this.#isHeld) return;
    this.#isHeld = false;
    if (this.#isForHttp) this.#handOver();
    else if (!this.#socket.writableNeedDrain) this.#socket.resume();
  }

  #write(due: readonly Owed[]): void {
    const [first] = due;
    if (first === undefined) return;
    const bytes =
      due.length === 1 ? this.#hub.bytesOf(first) : Buffer.concat(due.map((each) => this.#hub.bytesOf(each)));
    const isLast = this.#owed.length === 0 && (this.#isOver || (this.#hub.isDraining && !this.#isHeld));
    if (isLast) {
      this.#socket.end(bytes);
      this.#close();
    } else if (!this.#socket.write(bytes)) {
      // It does not read its answers: then its requests are not read either.
      this.#socket.pause().off('drain', this.#onDrain).on('drain', this.#onDrain);
    }
  }

  #handOver(): void {
    this.#socket
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('error', ignore)
      .off('close', this.#onClose)
      .off('drain', this.#onDrain);
    this.#isOver = true;
    this.#hub.handOver(this, this.#socket);
  }

  /** @returns whether it was */
  endIfIdle(): boolean {
    const isIdle = this.#owed.length === 0 && !this.#isHeld && !this.#isOver;
    if (isIdle) this.#close();
    return isIdle;
  }

  /** @param patienceMs for a first request @returns whether it was told that it is late */
  endIfSilent(now: number, patienceMs: number): boolean {
    if (this.#closedAt !== undefined && now - this.#closedAt > GOODBYE_MS) this.#socket.destroy();
    if (this.#owed.length > 0 || this.#isHeld || this.#isOver) return false;
    const silentMs = now - this.#touchedAt;
    const isLate = !this.#hasAsked && silentMs > patienceMs;
    if (isLate) this.#socket.write(LATE);
    if (isLate || silentMs > KEEP_ALIVE_SECONDS * 1_000) this.#close();
    return isLate;
  }

  /** What was written still goes out; the rest of the other side's bytes are read to nowhere. */
  #close(): void {
    this.#isOver = true;
    this.#closedAt ??= performance.now();
    this.#socket.end();
    this.#socket.destroySoon();
  }
}

function ignore(): void {}
