import { isIP } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { ConnectionOptions } from 'node:tls';
import type { Logger } from '../kernel/logger.ts';
import type { SmarthostAddress } from './smarthost-url.ts';
import { Connection } from './smtp-client/connection.ts';
import { RefusedSession, shakeHands, TlsFailure } from './smtp-client/handshake.ts';
import { mailCommands, type CannotBeSent, type SmarthostEnvelope } from './smtp-client/mail-commands.ts';
import { inOneLine, oneLine, type Reply } from './smtp-client/reply.ts';
import { HANGS_UP, sendMail, type Session, type TransactionTimeouts } from './smtp-client/transaction.ts';

export type { SmarthostEnvelope } from './smtp-client/mail-commands.ts';

/** `reply` is what the mail server said, or what happened instead, in one line. */
export type SmarthostResult =
  /** `confirms` is false when the server knows of no delivery notices (RFC 3461). */
  | { kind: 'relayed'; reply: string; confirms?: boolean }
  | {
      kind: 'deferred';
      code: 'server-deferred' | 'server-unreachable' | 'server-refuses-us';
      reply: string;
      /**
       * Whom it concerns. `server`: every mail, this one was not even begun. `session`: it ended in the midst of this
       * mail, which may be the server's trouble or this mail's. Absent: the server spoke of this mail.
       */
      about?: 'server' | 'session';
    }
  /** With a code when it was not the server that refused; `reply` is the whole reason then, `status` RFC 3463's code. */
  | { kind: 'rejected'; reply: string; code?: 'cannot-be-sent'; status?: CannotBeSent['status'] };

export interface SmarthostTimeouts extends TransactionTimeouts {
  connectMs: number;
  /** For the server's first word. */
  greetingMs: number;
  /** How long a connection is kept for the next mail. */
  idleMs: number;
}

/** RFC 5321 §4.5.3.2, but for the connection and the greeting: a server that is not there is known sooner. */
export const DEFAULT_TIMEOUTS: SmarthostTimeouts = {
  connectMs: 30_000,
  greetingMs: 60_000,
  commandMs: 300_000,
  dataStartMs: 120_000,
  dataBlockMs: 180_000,
  dataEndMs: 600_000,
  idleMs: 5_000,
};

/** A server that wants fewer says 421 or hangs up, which costs no attempt. */
const MAILS_PER_CONNECTION = 1_000;
/** After QUIT nothing is waited for but the other side's end of the connection. */
const QUIT_MS = 2_000;
const LONGEST_SWEEP_MS = 1_000;
/**
 * A server that lacks for once what it offered so recently (one of several behind a name, or one in trouble that fell back
 * to HELO) is no reason to give a mail up.
 */
const OFFERED_MS = 3_600_000;
/** Replies by which a server speaks of us and not of the mail: sign in first, use TLS first, wrong order. */
const ABOUT_US = new Set([503, 530, 535, 538]);

interface Idle extends Session {
  since: number;
}

/** What one session made of a mail. */
interface Attempt {
  result: SmarthostResult;
  /** Nothing of the mail was sent, and the server only hung up: another connection may try. */
  mayRepeat: boolean;
}

/** The way to the smarthost: connections are kept for a moment and used again, one mail at a time on each. */
export class SmarthostClient {
  readonly #address: SmarthostAddress;
  readonly #timeouts: SmarthostTimeouts;
  readonly #name: string | undefined;
  readonly #logger: Logger;
  readonly #open = new Set<Connection>();
  /** The one used last is used next, so that the others may go. */
  readonly #idle: Idle[] = [];
  /** What it offers, and when it last did. */
  readonly #offered = new Map<string, number>();
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: {
    address: SmarthostAddress;
    timeouts?: SmarthostTimeouts;
    /** What we call ourselves in EHLO; the machine's name when absent. */
    name?: string;
    logger: Logger;
  }) {
    this.#address = options.address;
    this.#timeouts = options.timeouts ?? DEFAULT_TIMEOUTS;
    this.#name = options.name;
    this.#logger = options.logger;
  }

  /** Hands over one copy. Never throws for what the network or the server does. */
  async deliver(raw: Uint8Array, envelope: SmarthostEnvelope): Promise<SmarthostResult> {
    const used = this.#takeIdle();
    if (used !== undefined) {
      const attempt = await this.#sendOn(used, raw, envelope);
      if (!attempt.mayRepeat) return attempt.result;
      this.#logger.debug({}, 'a kept connection was dead, a new one is made');
    }
    let fresh: Session;
    try {
      fresh = await this.#connect();
    } catch (error) {
      return failedSession(error as Error);
    }
    return (await this.#sendOn(fresh, raw, envelope)).result;
  }

  close(): void {
    for (const connection of this.#open) connection.fail(new Error('Waybill ends.'));
    this.#idle.length = 0;
  }

  #takeIdle(): Session | undefined {
    for (;;) {
      const session = this.#idle.pop();
      if (session === undefined || session.connection.isUsable) return session;
      session.connection.fail(new Error('The mail server spoke unasked.'));
    }
  }

  async #sendOn(session: Session, raw: Uint8Array, envelope: SmarthostEnvelope): Promise<Attempt> {
    const { connection, offers } = session;
    const commands = mailCommands(raw, envelope, offers);
    if ('status' in commands) {
      this.#keep(session);
      return { result: this.#cannotBeSent(commands), mayRepeat: false };
    }
    const isFirst = session.mails === 0;
    try {
      const { accepted, reply } = await sendMail(session, commands, raw, this.#timeouts);
      if (reply.code === HANGS_UP) connection.quit(QUIT_MS);
      else this.#keep(session);
      if (accepted) {
        const result = { kind: 'relayed' as const, reply: inOneLine(reply), confirms: offers.has('DSN') };
        return { result, mayRepeat: false };
      }
      const mayRepeat = reply.code === HANGS_UP && !session.dataBegun && !isFirst;
      const isUnknown = this.#address.credentials !== undefined && !offers.has('AUTH');
      return { result: isUnknown && speaksOfUs(reply) ? notSignedIn(reply) : refused(reply), mayRepeat };
    } catch (error) {
      connection.fail(error as Error);
      const reply = oneLine((error as Error).message);
      const result = { kind: 'deferred', code: 'server-unreachable', reply, about: 'session' } as const;
      return { result, mayRepeat: !session.dataBegun && !isFirst };
    }
  }

  #cannotBeSent({ status, text, needs }: CannotBeSent): SmarthostResult {
    const offeredAt = needs === undefined ? undefined : this.#offered.get(needs);
    if (offeredAt === undefined || performance.now() - offeredAt > OFFERED_MS)
      return { kind: 'rejected', reply: text, code: 'cannot-be-sent', status };
    const reply = `The mail needs ${needs}, which the mail server does not offer now and did a while ago.`;
    return { kind: 'deferred', code: 'server-deferred', reply };
  }

  /** @throws RefusedSession, ConnectionError */
  async #connect(): Promise<Session> {
    try {
      return await this.#connectOnce(false);
    } catch (error) {
      // What is encrypted when it can be is sent in the clear when it cannot.
      if (error instanceof TlsFailure && this.#address.tls === 'opportunistic')
        return this.#connectOnce(true);
      throw error;
    }
  }

  async #connectOnce(withoutTls: boolean): Promise<Session> {
    const { host, port, implicitTls } = this.#address;
    const connection = new Connection({ host, port, implicitTls, tls: tlsOptions(this.#address) }, () =>
      this.#closed(connection),
    );
    this.#open.add(connection);
    this.#watch();
    try {
      const { greetingMs, commandMs, connectMs } = this.#timeouts;
      await connection.opened(connectMs);
      const address = this.#address;
      const name = this.#name;
      const offers = await shakeHands(connection, { address, name, greetingMs, commandMs, withoutTls });
      for (const keyword of offers.keys()) this.#offered.set(keyword, performance.now());
      return { connection, offers, mails: 0, needsReset: false, dataBegun: false };
    } catch (error) {
      connection.fail(error as Error);
      throw error;
    }
  }

  #keep(session: Session): void {
    const { connection, mails } = session;
    if (!this.#open.has(connection)) return;
    if (mails >= MAILS_PER_CONNECTION || this.#timeouts.idleMs <= 0) connection.quit(QUIT_MS);
    else this.#idle.push(Object.assign(session, { since: performance.now() }));
  }

  #closed(connection: Connection): void {
    this.#open.delete(connection);
    const index = this.#idle.findIndex((session) => session.connection === connection);
    if (index !== -1) this.#idle.splice(index, 1);
    if (this.#open.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  /** All time limits are looked at together. */
  #watch(): void {
    const shortest = Math.min(...(Object.values(this.#timeouts) as number[]).filter((ms) => ms > 0));
    const sweepMs = Math.max(Math.min(LONGEST_SWEEP_MS, shortest / 4), 10);
    this.#sweep ??= setInterval(() => this.#endLate(), sweepMs).unref();
  }

  #endLate(): void {
    const now = performance.now();
    for (const connection of this.#open) connection.expire(now);
    const kept = this.#idle.findIndex(({ since }) => now - since < this.#timeouts.idleMs);
    const late = this.#idle.splice(0, kept === -1 ? this.#idle.length : kept);
    for (const { connection } of late) connection.quit(QUIT_MS);
  }
}

/** How TLS is spoken with it. */
export function tlsOptions({ host, tls }: SmarthostAddress): ConnectionOptions {
  return {
    host,
    // A name is sent only where there is one (RFC 6066 §3).
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: tls === 'verify',
  };
}

/** No session came about: nothing was said of this mail. */
function failedSession(error: Error): SmarthostResult {
  const { reply } = error instanceof RefusedSession ? error : {};
  const text = reply === undefined ? oneLine(error.message) : inOneLine(reply);
  const refuses = error instanceof RefusedSession && (reply === undefined || reply.code >= 500);
  const code = refuses ? 'server-refuses-us' : reply === undefined ? 'server-unreachable' : 'server-deferred';
  return { kind: 'deferred', code, reply: text, about: 'server' };
}

/**
 * Where we were to sign in and it was not offered (many do so without TLS only), a refusal for reasons of policy (RFC 3463
 * §3.8), or of relaying, is none of the mail's.
 */
function speaksOfUs({ code, lines }: Reply): boolean {
  return code >= 500 && lines.some((line) => /^5\.7\.\d+\b|\brelay/i.test(line));
}

function notSignedIn(reply: Reply): SmarthostResult {
  const text = oneLine(`${inOneLine(reply)} (it offered no way to sign in)`);
  return { kind: 'deferred', code: 'server-refuses-us', reply: text, about: 'server' };
}

/** RFC 5321 §4.2.1: 4yz may work later, 5yz will not. */
function refused(reply: Reply): SmarthostResult {
  const text = inOneLine(reply);
  const { code } = reply;
  if (ABOUT_US.has(code))
    return { kind: 'deferred', code: 'server-refuses-us', reply: text, about: 'server' };
  if (code >= 500) return { kind: 'rejected', reply: text };
  return {
    kind: 'deferred',
    code: 'server-deferred',
    reply: text,
    ...(code === HANGS_UP ? { about: 'session' } : {}),
  };
}
