/** smtp-server wired to the policy; what is decided here is decided in session-policy.ts and accept.ts. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificate.ts';
import { PolicyServer } from './policy-server.ts';
import type { Refusal } from './session-policy.ts';
import { SmtpSessions, type SmtpSessionOptions } from './smtp-session.ts';

export interface ListenAddress {
  host: string;
  port: number;
}

export interface SmtpListenerOptions extends SmtpSessionOptions {
  listen: ListenAddress;
  /** TLS from the start (RFC 8314) instead of STARTTLS. */
  implicitTls: boolean;
  certificate: Certificate;
  /** What the server calls itself; the machine's name when absent. */
  name?: string;
}

export interface SmtpListener {
  address: ListenAddress;
  useCertificate(certificate: Certificate): void;
  /** Takes no new connections; sessions end within about two seconds. */
  close(): Promise<void>;
}

const CLOSE_MS = 1_500;
/** RFC 4954 §4: the longest line within AUTH. */
const MAX_AUTH_LINE = 12_288;
/** Nobody needs WIZ, SHELL and KILL; XCLIENT and XFORWARD would let a client claim to be another one. */
const DISABLED = ['WIZ', 'SHELL', 'KILL', 'XCLIENT', 'XFORWARD'];

/** Listens. @throws NodeJS.ErrnoException when the address cannot be listened on */
export async function listenSmtp(options: SmtpListenerOptions): Promise<SmtpListener> {
  const { listen, shares, admission, logger } = options;
  const sessions = new SmtpSessions(options);
  const server = new PolicyServer(
    {
      ...options.certificate,
      minVersion: 'TLSv1.2',
      secure: options.implicitTls,
      ...(options.name === undefined ? {} : { name: options.name }),
      banner: 'Waybill',
      heloResponse: '%s greets %s',
      size: shares.limits.maxMessageBytes,
      socketTimeout: shares.limits.idleMs,
      maxCommandLength: MAX_AUTH_LINE,
      closeTimeout: CLOSE_MS,
      authMethods: ['PLAIN', 'LOGIN'],
      authOptional: admission.kind === 'networks',
      // The policy decides, since it depends on where the client is; see PolicyConnection.
      allowInsecureAuth: true,
      disabledCommands: admission.kind === 'networks' ? ['AUTH', ...DISABLED] : DISABLED,
      disableReverseLookup: true,
      hideDSN: false,
      hideENHANCEDSTATUSCODES: false,
      logger: false,
      onConnect: (smtp, done) => done(asError(sessions.connect(smtp))),
      onAuth: (auth, smtp, done) =>
        void sessions.authenticate(auth, smtp).then((answer) => done(null, answer), done),
      onMailFrom: (address, smtp, done) => done(asError(sessions.mailFrom(address, smtp))),
      onRcptTo: (_address, smtp, done) => done(asError(sessions.recipient(smtp))),
      onData: (stream, smtp, done) =>
        void sessions
          .data(stream, smtp)
          .then((answer) => (typeof answer === 'string' ? done(null, answer) : done(asError(answer)))),
    },
    {
      authRefusal: (smtp) => sessions.authRefusal(smtp),
      trusted: admission.kind === 'networks',
      shares,
    },
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

function asError(refusal: Refusal | undefined): (Error & { responseCode: number }) | null {
  if (refusal === undefined) return null;
  return Object.assign(new Error(`${refusal.enhanced} ${refusal.text}`), { responseCode: refusal.code });
}
