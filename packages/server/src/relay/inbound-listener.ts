/** smtp-server wired for return paths: mail comes from anybody, without AUTH, and only to addresses that we signed. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { SMTPServerAddress, SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import type { Logger } from '../kernel/logger.ts';
import type { Certificate } from './certificate.ts';
import { collectMail } from './collect-mail.ts';
import type { InboundMail } from './inbound-mail.ts';
import type { ListenAddress, SmtpListener } from './listener.ts';
import { MailBuffer } from './mail-buffer.ts';
import { PolicyServer } from './policy-server.ts';
import { mayAddRecipient, type Refusal } from './session-policy.ts';
import type { SmtpShares } from './smtp-limits.ts';
import { replyTo } from './smtp-reply.ts';

export interface InboundListenerOptions {
  listen: ListenAddress;
  certificate: Certificate;
  inbound: InboundMail;
  /** Of this listener alone: strangers must not use up what the senders need. */
  shares: SmtpShares;
  /** What the server calls itself. */
  name: string;
  logger: Logger;
}

const CLOSE_MS = 1_500;
const DISABLED = ['AUTH', 'WIZ', 'SHELL', 'KILL', 'XCLIENT', 'XFORWARD', 'VRFY'];

/** Listens. @throws NodeJS.ErrnoException when the address cannot be listened on */
export async function listenInbound(options: InboundListenerOptions): Promise<SmtpListener> {
  const { listen, shares, logger } = options;
  const sessions = new InboundSessions(options);
  const server = new PolicyServer(
    {
      ...options.certificate,
      minVersion: 'TLSv1.2',
      name: options.name,
      banner: 'Waybill',
      heloResponse: '%s greets %s',
      size: shares.limits.maxMessageBytes,
      socketTimeout: shares.limits.idleMs,
      maxAllowedUnauthenticatedCommands: false,
      closeTimeout: CLOSE_MS,
      authOptional: true,
      disabledCommands: DISABLED,
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: false,
      logger: false,
      onRcptTo: (address, smtp, done) =>
        void sessions.recipient(address, smtp).then((refusal) => done(asError(refusal))),
      onData: (stream, smtp, done) =>
        void sessions
          .data(stream, smtp)
          .then((refusal) => (refusal === undefined ? done(null, 'OK: taken') : done(asError(refusal)))),
    },
    { authRefusal: () => NO_AUTH, trusted: false, anonymous: true, shares },
  );
  // Clients that break off and scanners that speak other protocols are no fault of ours.
  server.on('error', (err) => logger.debug({ err }, 'an SMTP connection failed'));
  server.listen(listen.port, listen.host);
  await once(server.server, 'listening');
  const { address, port } = server.server.address() as AddressInfo;
  return {
    address: { host: address, port },
    useCertificate: (certificate) => server.updateSecureContext({ ...certificate }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

class InboundSessions {
  readonly #options: Pick<InboundListenerOptions, 'inbound' | 'shares' | 'logger'>;

  constructor(options: Pick<InboundListenerOptions, 'inbound' | 'shares' | 'logger'>) {
    this.#options = options;
  }

  async recipient({ address }: SMTPServerAddress, session: SMTPServerSession): Promise<Refusal | undefined> {
    const { inbound, shares, logger } = this.#options;
    const tooMany = mayAddRecipient(session.envelope.rcptTo.length, shares.limits.maxRecipients);
    if (tooMany !== undefined) return tooMany;
    try {
      return await inbound.recipient(address);
    } catch (err) {
      logger.error({ err, session: session.id }, 'a return path could not be looked up');
      return replyTo(err);
    }
  }

  /** @returns undefined when all of it is durable */
  async data(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<Refusal | undefined> {
    const { inbound, shares, logger } = this.#options;
    const mail = new MailBuffer(shares.memory);
    try {
      const refusal = await collectMail(stream, mail, shares.limits.maxMessageBytes);
      if (refusal !== undefined) return refusal;
      const { envelope, hostNameAppearsAs: helo } = session;
      return await inbound.take(
        mail.bytes(),
        envelope.rcptTo.map(({ address }) => address),
        {
          id: session.id,
          helo: typeof helo === 'string' ? helo : '',
          address: session.remoteAddress,
          protocol: session.transmissionType,
          smtpUtf8: envelope.smtpUtf8 === true,
        },
      );
    } catch (err) {
      logger.error({ err, session: session.id }, 'a mail to a return path could not be taken');
      return replyTo(err);
    } finally {
      mail.free();
    }
  }
}

const NO_AUTH: Refusal = { code: 502, enhanced: '5.5.1', text: 'Signing in is not offered here.' };

function asError(refusal: Refusal | undefined): (Error & { responseCode: number }) | null {
  if (refusal === undefined) return null;
  return Object.assign(new Error(`${refusal.enhanced} ${refusal.text}`), { responseCode: refusal.code });
}
