import { tlsOptions } from './smarthost.ts';
import { readSmarthostUrl } from './smarthost-url.ts';
import { Connection } from './smtp-client/connection.ts';
import { RefusedSession, shakeHands } from './smtp-client/handshake.ts';
import { inOneLine } from './smtp-client/reply.ts';

/** What a smarthost says when mail could be sent now. */
export interface SmarthostCheck {
  host: string;
  port: number;
  isEncrypted: boolean;
  /** A password is configured, and the server took it. */
  isSignedIn: boolean;
  /** Keywords of its last EHLO. */
  offers: string[];
  /** What is in the way of sending, with the server's own words; the other fields count only without it. */
  problem?: string;
}

const LOOK_EVERY_MS = 50;
const CONNECT_MS = 10_000;
const ANSWER_MS = 10_000;
const GOODBYE_MS = 500;

/** Connects, begins TLS and signs in as for a mail, and hangs up. @throws AppError `misconfigured` for a wrong address */
export async function checkSmarthost(url: string): Promise<SmarthostCheck> {
  const address = readSmarthostUrl(url);
  const { host, port, implicitTls, credentials } = address;
  const result: SmarthostCheck = { host, port, isEncrypted: false, isSignedIn: false, offers: [] };
  const target = { host, port, implicitTls, tls: tlsOptions(address) };
  const connection = new Connection(target, () => {});
  const watch = setInterval(() => connection.expire(performance.now()), LOOK_EVERY_MS);
  try {
    await connection.opened(CONNECT_MS);
    const times = { greetingMs: ANSWER_MS, commandMs: ANSWER_MS };
    const offers = await shakeHands(connection, { address, name: undefined, withoutTls: false, ...times });
    result.offers = [...offers.keys()];
    result.isEncrypted = connection.isSecure;
    if (credentials !== undefined && !offers.has('AUTH')) {
      result.problem = 'It offers no sign-in (AUTH), but WAYBILL_SMARTHOST_URL has a user.';
    }
    result.isSignedIn = credentials !== undefined && result.problem === undefined;
    connection.quit(GOODBYE_MS);
  } catch (error) {
    const { message } = error as Error;
    const said =
      error instanceof RefusedSession && error.reply !== undefined
        ? ` It says: ${inOneLine(error.reply)}`
        : '';
    result.problem = `${message}${said}`;
  } finally {
    clearInterval(watch);
    connection.fail(new Error('checked'));
  }
  return result;
}
