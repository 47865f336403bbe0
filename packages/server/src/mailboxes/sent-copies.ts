import type { ImapFlow } from 'imapflow';
import { DAY_MS, type Clock } from '../kernel/clock.ts';
import type { RandomBytes } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { MailboxAccount } from './account.ts';
import { Bell } from './bell.ts';
import { pauseAfter } from './pause.ts';
import type { MailboxStore, SentCopy } from './ports.ts';
import { quietSleep } from './quiet-sleep.ts';
import { openSentFolder } from './sent-folder.ts';
import type { SignIn } from './sign-in.ts';
import { stored } from './stored.ts';
import type { MailboxTiming } from './timing.ts';
import { troubleOf, type Trouble } from './trouble.ts';

const BATCH = 10;
const LONGEST_WAIT_MS = 10 * 60_000;

/** Puts what was sent into the Sent folder of one account: as its author wrote it, read, and not twice. */
export class SentCopies {
  readonly #account: MailboxAccount;
  readonly #store: MailboxStore;
  readonly #signIn: SignIn;
  readonly #timing: MailboxTiming;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  readonly #bell = new Bell();
  #running: Promise<void> | undefined;
  #trouble: Trouble | undefined;

  constructor(deps: {
    account: MailboxAccount;
    store: MailboxStore;
    signIn: SignIn;
    timing: MailboxTiming;
    clock: Clock;
    random: RandomBytes;
    logger: Logger;
  }) {
    this.#account = deps.account;
    this.#store = deps.store;
    this.#signIn = deps.signIn;
    this.#timing = deps.timing;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#logger = deps.logger;
  }

  /** Why copies wait; undefined while they do not. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** There is a new one. */
  wake(): void {
    this.#bell.ring();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#bell.ring();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#appendDue();
        failures = 0;
        this.#trouble = undefined;
        const next = await stored(this.#store.nextSentCopyAt(this.#account.id));
        const waitMs = (next ?? Number.POSITIVE_INFINITY) - this.#clock();
        await this.#bell.wait(Math.min(Math.max(0, waitMs), LONGEST_WAIT_MS));
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        failures += 1;
        this.#note(error);
        const pauseMs = pauseAfter(failures, this.#timing.reconnect, this.#random);
        const waitMs = Math.max(pauseMs, this.#signIn.closedUntil - this.#clock());
        await quietSleep(waitMs, this.#stop.signal);
      }
    }
  }

  /** One connection for all that are due. */
  async #appendDue(): Promise<void> {
    let copies = await this.#due();
    if (copies.length === 0) return;
    const client = await this.#signIn.open(this.#stop.signal);
    const close = (): void => client.close();
    this.#stop.signal.addEventListener('abort', close, { once: true });
    try {
      const folder = await openSentFolder(client, this.#account.sent ?? 'auto');
      for (; copies.length > 0; copies = await this.#due()) {
        for (const copy of copies) await this.#append(client, folder, copy);
      }
      await client.logout();
    } finally {
      this.#stop.signal.removeEventListener('abort', close);
      client.close();
    }
  }

  #due(): Promise<SentCopy[]> {
    if (this.#stop.signal.aborted) return Promise.resolve([]);
    return stored(this.#store.dueSentCopies(this.#account.id, this.#clock(), BATCH));
  }

  async #append(client: ImapFlow, folder: string, copy: SentCopy): Promise<void> {
    let isThere: boolean;
    try {
      // The mail program has put one there itself, or we did and were killed before we could note it.
      isThere = await this.#isThere(client, copy);
      if (!isThere) await append(client, folder, copy);
    } catch (error) {
      // Without a connection nothing was learnt about this copy.
      if (!client.usable) throw error;
      await this.#postpone(copy, error);
      return;
    }
    await stored(this.#store.endSentCopy(copy.id, isThere ? 'found' : 'appended', this.#clock()));
    this.#logger.info({ copyId: copy.id, isThere }, 'a sent mail is in its folder');
  }

  async #isThere(client: ImapFlow, { messageIdHeader, acceptedAt }: SentCopy): Promise<boolean> {
    const query = { header: { 'message-id': messageIdHeader }, since: new Date(acceptedAt - 2 * DAY_MS) };
    const found = await client.search(query, { uid: true });
    // Not to know is no reason to append a second one.
    if (!Array.isArray(found)) throw new Error('the folder cannot be searched');
    return found.length > 0;
  }

  async #postpone(copy: SentCopy, error: unknown): Promise<void> {
    const { kind, text } = troubleOf(error, this.#account, this.#account.sent);
    const now = this.#clock();
    const isTooLarge = /^(?:APPENDLIMIT|TOOBIG)$/.test(codeOf(error));
    const fields = { copyId: copy.id, kind, reason: text };
    if (isTooLarge || now - copy.acceptedAt >= this.#timing.sentExpiryMs) {
      await stored(this.#store.endSentCopy(copy.id, 'failed', now, text));
      this.#logger.warn(fields, 'a sent mail could not be put into its folder');
      return;
    }
    const until = now + pauseAfter(copy.attempts + 1, this.#timing.sentRetry, this.#random);
    await stored(this.#store.postponeSentCopy(copy.id, until, text));
    this.#logger.info(fields, 'a sent mail waits for its folder');
  }

  #note(error: unknown): void {
    const trouble = troubleOf(error, this.#account, this.#account.sent);
    const isKnown = this.#trouble?.kind === trouble.kind;
    this.#trouble = trouble;
    if (isKnown) return;
    const fields = { kind: trouble.kind, reason: trouble.text };
    this.#logger.warn(fields, 'sent mail cannot be put into its folder at the moment; it is tried again');
  }
}

async function append(client: ImapFlow, folder: string, { raw, acceptedAt }: SentCopy): Promise<void> {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  const appended = await client.append(folder, bytes, [String.raw`\Seen`], new Date(acceptedAt));
  if (appended === false) throw new Error('the server did not take the copy');
}

/** Response code of RFC 9051 §7.1 or RFC 7889. */
function codeOf(error: unknown): string {
  const { serverResponseCode = '' } = error as { serverResponseCode?: string };
  return serverResponseCode.toUpperCase();
}
