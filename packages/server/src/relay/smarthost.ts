import { isAscii } from 'node:buffer';
import { Readable } from 'node:stream';
import { domainToASCII } from 'node:url';
import SmtpConnection, { type SMTPEnvelope } from 'nodemailer/lib/smtp-connection';
import type { Logger } from '../kernel/logger.ts';
import type { DsnRequest } from './envelope.ts';
import type { SmarthostAddress, TlsPolicy } from './smarthost-url.ts';

export interface SmarthostEnvelope {
  from: string;
  to: string;
  eightBit?: true;
  smtpUtf8?: true;
  dsn?: DsnRequest;
}

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
  /** With a code when it was not the server that refused; `reply` is the whole reason then. */
  | { kind: 'rejected'; reply: string; code?: 'cannot-be-sent' };

export interface SmarthostTimeouts {
  connectMs: number;
  greetingMs: number;
  /** Of silence within a session; RFC 5321 §4.5.3.2 asks for ten minutes after the final dot. */
  silenceMs: number;
  /** How long a connection is kept for the next mail. */
  idleMs: number;
}

export const DEFAULT_TIMEOUTS: SmarthostTimeouts = {
  connectMs: 30_000,
  greetingMs: 60_000,
  silenceMs: 600_000,
  idleMs: 5_000,
};

/** What Nodemailer puts on its errors. */
interface SendError extends Error {
  code?: string;
  command?: string;
  response?: string;
  responseCode?: number;
}

const MAILS_PER_CONNECTION = 100;
const MAX_REPLY = 500;

/** The way to the smarthost: connections are kept for a moment and used again, one mail at a time on each. */
export class SmarthostClient {
  readonly #address: SmarthostAddress;
  readonly #timeouts: SmarthostTimeouts;
  readonly #name: string | undefined;
  readonly #logger: Logger;
  readonly #idle = new Set<Connection>();
  readonly #open = new Set<Connection>();

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
      // The server had hung up on us meanwhile: nothing of the mail was sent, so a new connection may try.
      if (attempt.dataBegun || attempt.result.kind !== 'deferred' || attempt.answered) return attempt.result;
      this.#logger.debug({}, 'a kept connection was dead, a new one is made');
    }
    let fresh: Connection;
    try {
      fresh = await this.#connect();
    } catch (error) {
      return resultOf(error as SendError, 'server');
    }
    return (await this.#sendOn(fresh, raw, envelope)).result;
  }

  close(): void {
    for (const connection of this.#open) connection.smtp.close();
  }

  #takeIdle(): Connection | undefined {
    const [connection] = this.#idle;
    if (connection === undefined) return undefined;
    this.#idle.delete(connection);
    clearTimeout(connection.idleTimer);
    return connection;
  }

  async #sendOn(
    connection: Connection,
    raw: Uint8Array,
    envelope: SmarthostEnvelope,
  ): Promise<{ result: SmarthostResult; dataBegun: boolean; answered: boolean }> {
    let dataBegun = false;
    // A stream that notices when it is first read, which is after the server's 354.
    const body = Readable.from(
      (function* () {
        dataBegun = true;
        yield raw;
      })(),
    );
    connection.mails++;
    try {
      const reply = await new Promise<string>((resolve, reject) => {
        connection.smtp.send(toEnvelope(raw, envelope), body, (error, info) => {
          if (error) reject(error);
          else resolve(info?.response ?? '');
        });
      });
      this.#keep(connection);
      const result = {
        kind: 'relayed' as const,
        reply: oneLine(reply),
        confirms: confirmsDelivery(connection),
      };
      return { result, dataBegun, answered: true };
    } catch (error) {
      const failure = error as SendError;
      const answered = failure.responseCode !== undefined && failure.responseCode !== 421;
      if (answered) await this.#resetAndKeep(connection);
      else this.#drop(connection);
      return { result: resultOf(failure, 'session'), dataBegun, answered };
    }
  }

  async #connect(): Promise<Connection> {
    const { host, port, implicitTls, tls, credentials } = this.#address;
    const smtp = new SmtpConnection({
      host,
      port,
      secure: implicitTls,
      ...tlsOptions(tls, implicitTls),
      connectionTimeout: this.#timeouts.connectMs,
      greetingTimeout: this.#timeouts.greetingMs,
      socketTimeout: this.#timeouts.silenceMs,
      ...(this.#name === undefined ? {} : { name: this.#name }),
      logger: false,
    });
    const connection: Connection = { smtp, mails: 0, idleTimer: undefined };
    this.#open.add(connection);
    smtp.on('end', () => this.#forget(connection));
    // Errors of an attempt reach its callback; this one keeps those of an idle connection from being thrown.
    smtp.on('error', () => this.#drop(connection));
    try {
      await new Promise<void>((resolve, reject) => {
        smtp.once('error', reject);
        smtp.connect((error) => (error === undefined ? resolve() : reject(error)));
      });
      if (credentials !== undefined && smtp.allowsAuth) {
        await new Promise<void>((resolve, reject) => {
          smtp.login(credentials, (error) => (error === null ? resolve() : reject(error)));
        });
      }
    } catch (error) {
      this.#drop(connection);
      throw error;
    }
    return connection;
  }

  async #resetAndKeep(connection: Connection): Promise<void> {
    const works = await new Promise<boolean>((resolve) => {
      connection.smtp.reset((error) => resolve(error === null));
    });
    if (works) this.#keep(connection);
    else this.#drop(connection);
  }

  #keep(connection: Connection): void {
    if (connection.mails >= MAILS_PER_CONNECTION || this.#timeouts.idleMs <= 0) {
      connection.smtp.quit();
      return;
    }
    if (!this.#open.has(connection)) return;
    this.#idle.add(connection);
    connection.idleTimer = setTimeout(() => {
      this.#idle.delete(connection);
      connection.smtp.quit();
    }, this.#timeouts.idleMs);
    connection.idleTimer.unref();
  }

  #drop(connection: Connection): void {
    this.#forget(connection);
    connection.smtp.close();
  }

  #forget(connection: Connection): void {
    clearTimeout(connection.idleTimer);
    this.#idle.delete(connection);
    this.#open.delete(connection);
  }
}

/** Nodemailer has no word for it, but keeps the keywords of EHLO. Unknown: the server is believed to confirm. */
function confirmsDelivery({ smtp }: Connection): boolean {
  const { _supportedExtensions: keywords } = smtp as { _supportedExtensions?: readonly string[] };
  return keywords?.includes('DSN') ?? true;
}

interface Connection {
  smtp: SmtpConnection;
  mails: number;
  idleTimer: NodeJS.Timeout | undefined;
}

function tlsOptions(policy: TlsPolicy, implicitTls: boolean) {
  const tls = { minVersion: 'TLSv1.2' as const, rejectUnauthorized: policy === 'verify' };
  if (implicitTls) return { tls };
  switch (policy) {
    case 'off':
      return { ignoreTLS: true };
    case 'opportunistic':
      return { opportunisticTLS: true, tls };
    case 'require':
    case 'verify':
      return { requireTLS: true, tls };
  }
}

function toEnvelope(raw: Uint8Array, envelope: SmarthostEnvelope): SMTPEnvelope {
  const { dsn } = envelope;
  return {
    from: asciiDomain(envelope.from),
    to: asciiDomain(envelope.to),
    size: raw.length,
    use8BitMime: envelope.eightBit === true || !isAscii(raw),
    ...(dsn === undefined ? {} : { dsn: { ...dsn } }),
  };
}

/** Only a local part beyond ASCII needs SMTPUTF8; domains have a form that every server understands (RFC 5891). */
function asciiDomain(address: string): string {
  const at = address.lastIndexOf('@');
  if (at === -1 || isAscii(Buffer.from(address))) return address;
  const domain = domainToASCII(address.slice(at + 1));
  return domain === '' ? address : `${address.slice(0, at)}@${domain}`;
}

const SENDING = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);
/** Replies by which a server speaks of us and not of the mail: sign in first, use TLS first, wrong order. */
const ABOUT_US = new Set([503, 530, 535, 538]);

/** RFC 5321 §4.2.1: 4yz may work later, 5yz will not. @param stage what had begun: only the server, or a mail */
function resultOf(error: SendError, stage: 'server' | 'session'): SmarthostResult {
  const reply = oneLine(error.response ?? error.message);
  const { responseCode: code, command } = error;
  if (code === undefined) {
    // The address or the mail's size cannot be sent to this server in any attempt.
    if (error.code === 'EENVELOPE' || error.code === 'EMESSAGE') return { kind: 'rejected', reply };
    const reason = error.code === 'EAUTH' ? 'server-refuses-us' : 'server-unreachable';
    return { kind: 'deferred', code: reason, reply, about: stage };
  }
  if (!SENDING.has(command ?? '') || ABOUT_US.has(code)) {
    return {
      kind: 'deferred',
      code: code < 500 ? 'server-deferred' : 'server-refuses-us',
      reply,
      about: 'server',
    };
  }
  if (code >= 500) return { kind: 'rejected', reply };
  // RFC 5321 §3.8: with 421 the server ends the session, whatever it was about.
  return { kind: 'deferred', code: 'server-deferred', reply, ...(code === 421 ? { about: 'session' } : {}) };
}

function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- a server may send anything
  const line = text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return line.length > MAX_REPLY ? `${line.slice(0, MAX_REPLY - 1)}…` : line;
}
