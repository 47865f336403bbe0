/* eslint-disable no-underscore-dangle -- smtp-server names what subclasses may replace like this; the version is pinned */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { SMTPServer } from 'smtp-server';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection';
import { onClientHello } from './client-hello.ts';
import { commandRefusal, mailRefusal, rcptRefusal, verbOf } from './command-line.ts';
import type { Refusal } from './session-policy.ts';
import type { SmtpShares } from './smtp-limits.ts';
import { unusualAddress } from './unusual-address.ts';
import { withUnicodeXtext } from './xtext.ts';

/** Whether a client may sign in now, by where it is and whether TLS is on. */
export type AuthRefusal = (session: { secure: boolean; remoteAddress: string }) => Refusal | undefined;

export interface ConnectionPolicy {
  authRefusal: AuthRefusal;
  /** Clients are servers of known networks: they need not sign in, and are not limited per address. */
  trusted: boolean;
  /** Clients are strangers who cannot sign in, and need not. */
  anonymous?: true;
  shares: SmtpShares;
}

const ENHANCED = /^[245]\.\d{1,3}\.\d{1,3} /;
const BEFORE_SIGN_IN = new Set(['AUTH', 'STARTTLS', 'QUIT']);
/** What a guesser of passwords hears at last (RFC 4954 §6), and may not hear for ever. */
const SIGN_IN_PUT_OFF = 454;
/** They have their use, but not a hundred times without a mail. */
const IDLE = new Set(['NOOP', 'RSET', 'VRFY', 'HELP', 'HELO', 'EHLO']);
/** So much of a mail beyond the limit is read before the client is hung up on. */
const OVERSHOOT = 2;

/**
 * One client's connection: puts enhanced codes into replies, keeps passwords off unencrypted networks, refuses commands
 * that are not well formed, and ends the session of a client that makes trouble or holds it without getting on.
 */
export class PolicyConnection extends SMTPConnection {
  readonly #policy: ConnectionPolicy;
  readonly #openedAt: number;
  #release: (() => void) | undefined;
  /** When the client last completed a command. */
  #commandAt: number;
  #window: { mail: number; since: number; bytes: number } | undefined;
  #errors = 0;
  #idleCommands = 0;
  #commandsBeforeSignIn = 0;

  constructor(
    server: SMTPServer,
    socket: Socket | TLSSocket,
    socketOptions: ConstructorParameters<typeof SMTPConnection>[2],
    policy: ConnectionPolicy,
  ) {
    super(server, socket, socketOptions);
    this.#policy = policy;
    this.#openedAt = policy.shares.clock();
    this.#commandAt = this.#openedAt;
    // Counted here, with the right replies; as an option `false` would mean the library's ten.
    this._maxAllowedUnauthenticatedCommands = false;
  }

  /** Greets at once: submission has no early talkers to catch, and a tenth of a second for each would be lost. */
  override init(): void {
    this._setListeners(() => {
      if (this._socket.destroyed) {
        this._onClose();
        return;
      }
      const opened = this.#policy.shares.connections.open(this.remoteAddress, this.#policy.trusted);
      if ('refusal' in opened) {
        this.#hangUp(opened.refusal);
        return;
      }
      this.#release = opened.release;
      this.connectionReady();
    });
  }

  override _onClose(): void {
    this.#release?.();
    super._onClose();
  }

  /** A text that brings its enhanced code gets no second one. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    if (Array.isArray(data) && this.#policy.authRefusal(this) !== undefined) {
      // RFC 4954 §4: what is not permitted now is not offered.
      super.send(
        code,
        data.filter((line) => !line.startsWith('AUTH ')),
        context,
      );
      return;
    }
    super.send(code, data, typeof data === 'string' && ENHANCED.test(data) ? false : context);
    if (context === 'DATA_OK') {
      this.#errors = 0;
      this.#idleCommands = 0;
    } else if (code >= 500 || code === SIGN_IN_PUT_OFF) this.#noteError();
  }

  override _onCommand(command: Buffer, callback?: () => void): void {
    this.#commandAt = this.#policy.shares.clock();
    // A line within AUTH is no command; what comes in the clear during a handshake is thrown away.
    if (this._upgrading || this._nextHandler !== false) {
      super._onCommand(command, callback);
      return;
    }
    const refusal = commandRefusal(command);
    if (refusal !== undefined) {
      this.#reply(refusal);
      this._whenWritable(callback ?? (() => {}));
      return;
    }
    if (this.#isTooMuch(verbOf(command))) {
      this.#hangUp({ code: 421, enhanced: '4.7.0', text: 'Too many commands without a mail.' });
      callback?.();
      return;
    }
    // Errors are counted here, whatever they are.
    this._unrecognizedCommands = 0;
    super._onCommand(command, callback);
  }

  /** What came in the clear behind STARTTLS stays with the parser, which gets no further and is retired. */
  override upgrade(callback: () => void, secureCallback?: () => void): void {
    this._socket.unpipe(this._parser || undefined);
    this._upgrading = true;
    onClientHello(this._socket, () => super.upgrade(callback, secureCallback));
  }

  override handler_AUTH(command: Buffer, callback: () => void): void {
    this.#unless(this.#policy.authRefusal(this), callback, () => super.handler_AUTH(command, callback));
  }

  override handler_MAIL(command: Buffer, callback: () => void): void {
    this.#unless(mailRefusal(command.toString()), callback, () =>
      super.handler_MAIL(withUnicodeXtext(command), callback),
    );
  }

  override handler_RCPT(command: Buffer, callback: () => void): void {
    const refusal = rcptRefusal(command.toString(), this.session.envelope.smtpUtf8 === true);
    this.#unless(refusal, callback, () => super.handler_RCPT(withUnicodeXtext(command), callback));
  }

  /** Addresses that the library does not take, and that exist. */
  override _parseAddressCommand(
    name: string,
    command: Buffer | string,
  ): ReturnType<SMTPConnection['_parseAddressCommand']> {
    const unusual = unusualAddress(command.toString());
    if (unusual === undefined) return super._parseAddressCommand(name, command);
    const parsed = super._parseAddressCommand(name, unusual.command);
    return parsed === false ? false : { ...parsed, address: unusual.restored(parsed.address) };
  }

  /** Called every now and then. A client that we keep waiting is not slow. */
  endIfSlow(now: number): void {
    const parser = this._parser;
    if (parser === false || this._closing || this._closed) return;
    const { limits } = this.#policy.shares;
    // STARTTLS is pending until the client begins.
    const isOurTurn = this._handlerPending && !this._upgrading;
    if (isOurTurn || (this._dataStream && !parser._dataMode)) {
      this.#commandAt = now;
    } else if (parser._dataMode) {
      this.#commandAt = now;
      this.#endIfSlowData(now, parser.dataBytes);
    } else if (now - this.#commandAt > (this._upgrading ? limits.handshakeMs : limits.idleMs)) {
      this.#hangUp(timeout('No command came for too long.'));
    } else if (this.#mustSignIn() && now - this.#openedAt > limits.signInMs) {
      this.#hangUp(timeout('Nobody signed in for too long.'));
    }
  }

  #endIfSlowData(now: number, bytes: number): void {
    const { dataWindowMs, dataBytes, maxMessageBytes } = this.#policy.shares.limits;
    const mail = this._transactionCounter;
    if (this.#window?.mail !== mail) this.#window = { mail, since: now, bytes };
    if (bytes > OVERSHOOT * maxMessageBytes) {
      this.#reply({ code: 552, enhanced: '5.3.4', text: 'The mail is far larger than the limit.' });
      this.close();
    } else if (now - this.#window.since >= dataWindowMs) {
      if (bytes - this.#window.bytes < dataBytes) this.#hangUp(timeout('The mail comes too slowly.'));
      this.#window = { mail, since: now, bytes };
    }
  }

  #mustSignIn(): boolean {
    return !this.#policy.trusted && this.#policy.anonymous !== true && !this.session.user;
  }

  #isTooMuch(verb: string): boolean {
    const { maxCommandsBeforeSignIn, maxIdleCommands } = this.#policy.shares.limits;
    if (this.#mustSignIn()) {
      if (!BEFORE_SIGN_IN.has(verb)) this.#commandsBeforeSignIn += 1;
      return this.#commandsBeforeSignIn > maxCommandsBeforeSignIn;
    }
    if (IDLE.has(verb)) this.#idleCommands += 1;
    return this.#idleCommands > maxIdleCommands;
  }

  #noteError(): void {
    this.#errors += 1;
    if (this.#errors < this.#policy.shares.limits.maxErrors || this._closing) return;
    this.#hangUp({ code: 421, enhanced: '4.7.0', text: 'Too many errors.' });
  }

  #unless(refusal: Refusal | undefined, callback: () => void, go: () => void): void {
    if (refusal === undefined) {
      go();
      return;
    }
    this.#reply(refusal);
    callback();
  }

  #reply({ code, enhanced, text }: Refusal): void {
    this.send(code, `${enhanced} ${text}`);
  }

  /** A 421 ends the session, wherever it is in (RFC 5321 §3.8). */
  #hangUp(refusal: Refusal): void {
    this.#reply({ ...refusal, code: 421 });
    this.close();
  }
}

function timeout(text: string): Refusal {
  return { code: 421, enhanced: '4.4.2', text };
}
