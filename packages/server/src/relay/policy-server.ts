import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection';
import type { Refusal } from './session-policy.ts';

/** Whether a client may sign in now, by where it is and whether TLS is on. */
export type AuthRefusal = (session: { secure: boolean; remoteAddress: string }) => Refusal | undefined;

/** Makes connections that put enhanced codes into replies and keep passwords off unencrypted networks. */
export class PolicyServer extends SMTPServer {
  readonly #authRefusal: AuthRefusal;

  constructor(options: SMTPServerOptions, authRefusal: AuthRefusal) {
    super(options);
    this.#authRefusal = authRefusal;
  }

  override connect(...[socket, socketOptions]: Parameters<SMTPServer['connect']>): void {
    const connection = new PolicyConnection(this, socket, socketOptions, this.#authRefusal);
    this.connections.add(connection);
    connection.on('error', (error: Error) => this.emit('error', error));
    connection.init();
  }
}

const ENHANCED = /^[245]\.\d{1,3}\.\d{1,3} /;

class PolicyConnection extends SMTPConnection {
  readonly #authRefusal: AuthRefusal;

  constructor(
    server: SMTPServer,
    socket: Socket | TLSSocket,
    socketOptions: ConstructorParameters<typeof SMTPConnection>[2],
    authRefusal: AuthRefusal,
  ) {
    super(server, socket, socketOptions);
    this.#authRefusal = authRefusal;
  }

  /** A text that brings its enhanced code gets no second one. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    if (Array.isArray(data) && this.#authRefusal(this) !== undefined) {
      // RFC 4954 §4: what is not permitted now is not offered.
      super.send(
        code,
        data.filter((line) => !line.startsWith('AUTH ')),
        context,
      );
      return;
    }
    super.send(code, data, typeof data === 'string' && ENHANCED.test(data) ? false : context);
  }

  override handler_AUTH(command: Buffer, callback: () => void): void {
    const refusal = this.#authRefusal(this);
    if (refusal === undefined) {
      super.handler_AUTH(command, callback);
      return;
    }
    this.send(refusal.code, `${refusal.enhanced} ${refusal.text}`);
    callback();
  }
}
