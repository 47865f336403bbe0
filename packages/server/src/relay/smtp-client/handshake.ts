import { createHmac } from 'node:crypto';
import { hostname } from 'node:os';
import type { SmarthostAddress } from '../smarthost-url.ts';
import { ConnectionError, type Connection } from './connection.ts';
import type { Reply } from './reply.ts';

/** What a server offers: keywords of EHLO in upper case, and what stands behind them. */
export type Offers = ReadonlyMap<string, string>;

/** The server answered, and does not let us send. */
export class RefusedSession extends Error {
  readonly reply: Reply | undefined;
  constructor(message: string, reply?: Reply) {
    super(message);
    this.name = 'RefusedSession';
    this.reply = reply;
  }
}

/** TLS was begun and did not come about. */
export class TlsFailure extends ConnectionError {}

export interface HandshakeOptions {
  address: SmarthostAddress;
  /** In EHLO; the machine's name when absent. */
  name: string | undefined;
  greetingMs: number;
  commandMs: number;
  /** Of an earlier try: TLS is offered and does not work. */
  withoutTls: boolean;
}

/**
 * From the first byte to where mail can be sent: greeting, EHLO, TLS and AUTH as the address wants them.
 * @throws RefusedSession, ConnectionError
 */
export async function shakeHands(connection: Connection, options: HandshakeOptions): Promise<Offers> {
  const { address, greetingMs, commandMs } = options;
  const greeting = await connection.reply(greetingMs, 'The mail server did not greet in time.');
  if (greeting.code !== 220) throw new RefusedSession('The mail server did not greet.', greeting);
  let offers = await hello(connection, options);
  if (await startTls(connection, offers, options)) offers = await hello(connection, options);
  if (address.credentials !== undefined && offers.has('AUTH')) {
    await authenticate(connection, offers, address.credentials, commandMs);
  }
  return offers;
}

async function hello(connection: Connection, { name, commandMs }: HandshakeOptions): Promise<Offers> {
  const host = hostname();
  const own = name ?? (/^[\w-]+(?:\.[\w-]+)+$/.test(host) ? host : connection.addressLiteral);
  const ehlo = await ask(connection, `EHLO ${own}`, commandMs);
  if (ehlo.code === 250) return readOffers(ehlo);
  // RFC 5321 §3.2: an older server knows only this one.
  const helo = ehlo.code >= 500 ? await ask(connection, `HELO ${own}`, commandMs) : ehlo;
  if (helo.code !== 250) throw new RefusedSession('The mail server refused EHLO.', helo);
  return new Map();
}

function readOffers({ lines }: Reply): Offers {
  const offers = new Map<string, string>();
  for (const line of lines.slice(1)) {
    // Some servers of old write `AUTH=LOGIN`.
    const [, keyword = '', parameters = ''] = /^\s*([^\s=]+)[\s=]*(.*)$/.exec(line) ?? [];
    const name = keyword.toUpperCase();
    offers.set(name, [offers.get(name), parameters].filter(Boolean).join(' '));
  }
  return offers;
}

/** @returns whether TLS is on now */
async function startTls(
  connection: Connection,
  offers: Offers,
  { address, commandMs, withoutTls }: HandshakeOptions,
): Promise<boolean> {
  if (connection.isSecure || address.tls === 'off' || withoutTls) return false;
  const isRequired = address.tls !== 'opportunistic';
  if (!offers.has('STARTTLS')) {
    if (isRequired) throw new RefusedSession('The mail server does not offer TLS, which is required.');
    return false;
  }
  const reply = await ask(connection, 'STARTTLS', commandMs);
  if (reply.code !== 220) {
    if (isRequired) throw new RefusedSession('The mail server refused TLS, which is required.', reply);
    return false;
  }
  try {
    await connection.startTls(commandMs);
  } catch (error) {
    throw new TlsFailure(`TLS could not be started: ${(error as Error).message}`, error);
  }
  return true;
}

/** RFC 4954; PLAIN (RFC 4616), LOGIN, which was never a standard, and CRAM-MD5 (RFC 2195). @throws RefusedSession */
async function authenticate(
  connection: Connection,
  offers: Offers,
  { user, pass }: { user: string; pass: string },
  commandMs: number,
): Promise<void> {
  const methods = offers.get('AUTH')?.toUpperCase().split(/\s+/) ?? [];
  const say = (line: string): Promise<Reply> => ask(connection, line, commandMs);
  let reply: Reply;
  if (methods.includes('PLAIN')) {
    reply = await say(`AUTH PLAIN ${base64(`\0${user}\0${pass}`)}`);
    // A server that takes no initial response asks for it.
    if (reply.code === 334) reply = await say(base64(`\0${user}\0${pass}`));
  } else if (methods.includes('LOGIN')) {
    reply = await say('AUTH LOGIN');
    if (reply.code === 334) reply = await say(base64(user));
    if (reply.code === 334) reply = await say(base64(pass));
  } else if (methods.includes('CRAM-MD5')) {
    reply = await say('AUTH CRAM-MD5');
    const challenge = Buffer.from(reply.lines.join(''), 'base64');
    const digest = createHmac('md5', pass).update(challenge).digest('hex');
    if (reply.code === 334) reply = await say(base64(`${user} ${digest}`));
  } else {
    throw new RefusedSession('The mail server offers no way to sign in that Waybill knows.');
  }
  if (reply.code !== 235) throw new RefusedSession('The mail server refused the sign-in.', reply);
}

async function ask(connection: Connection, line: string, limitMs: number): Promise<Reply> {
  connection.write(`${line}\r\n`);
  return connection.reply(limitMs, `The mail server did not answer ${line.split(' ', 1)[0] ?? ''} in time.`);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
