import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface SmarthostMail {
  from: string;
  to: string[];
  raw: string;
  /** `MAIL FROM` and `RCPT TO` parameters as decoded by the server. */
  parameters: { mail: unknown; rcpt: unknown; dsn: unknown };
  secure: boolean;
  user: unknown;
  /** Which connection it came through. */
  connection: string;
}

type Stage = 'connect' | 'mail' | 'rcpt' | 'data';

/** A mail server on loopback that keeps what it is sent, and answers as the test tells it. */
export interface TestSmarthost {
  host: string;
  port: number;
  url: string;
  mails: SmarthostMail[];
  /** Bytes of mails that were refused at the end of their data. */
  refused: string[];
  /** Called at each stage; an answer refuses. Replace it at any time. */
  refuse: (stage: Stage, subject: string) => { code: number; text: string } | undefined;
  close(): Promise<void>;
}

/**
 * For a server that goes away and comes back: ports of 127.0.0.1 are given to whoever asks next, those of this address
 * are left alone, since nobody else uses it. Only Linux has the whole of 127.0.0.0/8.
 */
export const COMES_BACK = { host: process.platform === 'linux' ? '127.86.66.1' : '127.0.0.1' };

/** @param port 0: the system chooses; another one to come back on the port of before */
export async function startSmarthost(
  options: SMTPServerOptions & { host?: string; port?: number } = {},
): Promise<TestSmarthost> {
  const mails: SmarthostMail[] = [];
  const refused: string[] = [];
  const answer = (stage: Stage, subject: string): Error | undefined => {
    const refusal = smarthost.refuse(stage, subject);
    return refusal && Object.assign(new Error(refusal.text), { responseCode: refusal.code });
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: options.key === undefined ? ['STARTTLS'] : [],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    hideDSN: false,
    closeTimeout: 50,
    logger: false,
    onAuth: ({ username, password }, _session, done) =>
      done(null, password === 'right' ? { user: username } : { message: 'no' }),
    onConnect: (session, done) => done(answer('connect', session.remoteAddress)),
    onMailFrom: ({ address }, _session, done) => done(answer('mail', address)),
    onRcptTo: ({ address }, _session, done) => done(answer('rcpt', address)),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { envelope } = session;
        const to = envelope.rcptTo.map(({ address }) => address);
        const refusal = answer('data', to.join());
        const raw = Buffer.concat(chunks).toString('latin1');
        if (refusal !== undefined) {
          refused.push(raw);
          return done(refusal);
        }
        mails.push({
          from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
          to,
          raw,
          parameters: {
            mail: envelope.mailFrom === false ? false : envelope.mailFrom.args,
            rcpt: envelope.rcptTo.map(({ args }) => args),
            dsn: envelope.dsn,
          },
          secure: session.secure,
          user: session.user,
          connection: session.id,
        });
        done(null, `2.0.0 taken as #${mails.length}`);
      });
    },
    ...options,
  });
  server.on('error', () => {});
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  await once(server.server, 'listening');
  const { address, port } = server.server.address() as AddressInfo;
  const smarthost: TestSmarthost = {
    host: address,
    port,
    url: `smtp://${address}:${port}`,
    mails,
    refused,
    refuse: () => undefined,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return smarthost;
}
