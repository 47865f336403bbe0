import type { ImapFlow } from 'imapflow';
import type { Clock } from '../kernel/clock.ts';
import type { RandomBytes } from '../kernel/ids.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { MailboxAccount } from './account.ts';
import { pauseAfter, type Pauses } from './pause.ts';
import { troubleOf } from './trouble.ts';

/** Far below the 29 minutes of RFC 2177, and below what home routers and mobile networks forget a connection after. */
const IDLE_REISSUE_MS = 9 * 60_000;
const CONNECT_MS = 30_000;
const GREETING_MS = 15_000;
/** Without a word from the server: while it is to tell news, it is asked; while it is to answer, it is given up. */
const SILENCE_MS = 4 * 60_000;
/** How long nothing is asked before the server is told to tell news. */
const IDLE_AFTER_MS = 20;
/** A message's beginning and what goes with it; whatever is longer is an attack or a defect. */
const LARGEST_LITERAL_BYTES = 4_000_000;
const LARGEST_RESPONSE_BYTES = 8_000_000;
const MOST_TOKENS = 200_000;

/** The one door into an account: all its connections come through here, so that a wrong password is tried once. */
export class SignIn {
  readonly #account: MailboxAccount;
  readonly #pauses: Pauses;
  readonly #tokens: AccessTokens | undefined;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  #last: Promise<unknown> = Promise.resolve();
  #refusals = 0;
  #refusal: unknown;
  #closedUntil = 0;

  constructor(deps: {
    account: MailboxAccount;
    /** For an account without a password. */
    tokens?: AccessTokens | undefined;
    pauses: Pauses;
    clock: Clock;
    random: RandomBytes;
  }) {
    this.#tokens = deps.tokens;
    this.#account = deps.account;
    this.#pauses = deps.pauses;
    this.#clock = deps.clock;
    this.#random = deps.random;
  }

  /** Until then no attempt is made, ms; 0 when the last one was not refused. */
  get closedUntil(): number {
    return this.#closedUntil;
  }

  /** Refused sign-ins in a row. */
  get refusals(): number {
    return this.#refusals;
  }

  /**
   * A connection of one's own, signed in. Close it.
   * @throws what the library threw, see `troubleOf`; at once, while a refusal is fresh
   */
  async open(signal?: AbortSignal): Promise<ImapFlow> {
    const mine = this.#last.then(() => this.#open(signal));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #open(signal: AbortSignal | undefined): Promise<ImapFlow> {
    if (this.#clock() < this.#closedUntil) throw this.#refusal;
    signal?.throwIfAborted();
    try {
      const client = await this.#enter(signal);
      this.#refusals = 0;
      this.#closedUntil = 0;
      return client;
    } catch (error) {
      if (troubleOf(error, this.#account).kind === 'sign-in') {
        this.#refusals += 1;
        this.#refusal = error;
        this.#closedUntil = this.#clock() + pauseAfter(this.#refusals, this.#pauses, this.#random);
      }
      throw error;
    }
  }

  async #enter(signal: AbortSignal | undefined): Promise<ImapFlow> {
    const { password } = this.#account;
    if (password !== undefined) return this.#connect({ pass: password }, signal);
    const tokens = this.#tokens;
    if (tokens === undefined) throw new Error('an account without a password has no access tokens');
    try {
      return await this.#connect({ accessToken: await tokens.current(signal) }, signal);
    } catch (error) {
      // An access token may be withdrawn before its time: then a new one is asked for, once.
      if ((error as { authenticationFailed?: unknown }).authenticationFailed !== true) throw error;
      return this.#connect({ accessToken: await tokens.renewed(signal) }, signal);
    }
  }

  async #connect(credential: Credential, signal: AbortSignal | undefined): Promise<ImapFlow> {
    signal?.throwIfAborted();
    const client = await newClient(this.#account, credential);
    const close = (): void => client.close();
    signal?.addEventListener('abort', close, { once: true });
    try {
      await client.connect();
      return client;
    } catch (error) {
      client.close();
      throw error;
    } finally {
      signal?.removeEventListener('abort', close);
    }
  }
}

type Credential = { pass: string } | { accessToken: string };

/** The library is loaded only where there is a mailbox to look into. */
async function newClient(
  { host, port, implicitTls, tls, user }: MailboxAccount,
  credential: Credential,
): Promise<ImapFlow> {
  const { ImapFlow } = await import('imapflow');
  const client = new ImapFlow({
    host,
    port,
    secure: implicitTls,
    ...(implicitTls || tls === 'opportunistic' ? {} : { doSTARTTLS: tls !== 'off' }),
    tls: { rejectUnauthorized: tls === 'verify' },
    auth: { user, ...credential },
    clientInfo: { name: 'Waybill' },
    logger: false,
    // What is sent must come out byte for byte, and flags are none of our business.
    disableAutoEnable: true,
    disableCompression: true,
    disableBinary: true,
    maxIdleTime: IDLE_REISSUE_MS,
    autoIdleDelay: IDLE_AFTER_MS,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: GREETING_MS,
    socketTimeout: SILENCE_MS,
    maxLineLength: LARGEST_LITERAL_BYTES,
    maxLiteralSize: LARGEST_LITERAL_BYTES,
    maxResponseSize: LARGEST_RESPONSE_BYTES,
    maxResponseTokens: MOST_TOKENS,
  });
  // A connection may end at any moment; whoever uses it learns that from its next command or from `close`.
  client.on('error', () => {});
  return client;
}
