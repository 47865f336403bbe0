import type { ImapFlow } from 'imapflow';
import type { Clock } from '../kernel/clock.ts';
import type { RandomBytes } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { MailboxAccount } from './account.ts';
import { Bell } from './bell.ts';
import { pauseAfter } from './pause.ts';
import { quietSleep } from './quiet-sleep.ts';
import type { FolderScan } from './scan.ts';
import type { SignIn } from './sign-in.ts';
import type { MailboxTiming } from './timing.ts';
import { troubleOf, type Trouble } from './trouble.ts';

/** Keeps a folder open for reading, looks at what is new, and comes back after whatever ends the connection. */
export class FolderWatch {
  readonly folder: string;
  readonly scan: FolderScan;
  readonly #account: MailboxAccount;
  readonly #signIn: SignIn;
  readonly #timing: MailboxTiming;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #trouble: Trouble | undefined;
  #isUp = false;
  #reconnects = 0;
  #lastLookAt: number | undefined;

  constructor(deps: {
    account: MailboxAccount;
    folder: string;
    signIn: SignIn;
    scan: FolderScan;
    timing: MailboxTiming;
    clock: Clock;
    random: RandomBytes;
    logger: Logger;
  }) {
    this.#account = deps.account;
    this.folder = deps.folder;
    this.#signIn = deps.signIn;
    this.scan = deps.scan;
    this.#timing = deps.timing;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#logger = deps.logger;
  }

  /** Connected, and everything that is there was looked at. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Why it is not up; undefined while it is, or before the first attempt. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** Connections that had to be made again. */
  get reconnects(): number {
    return this.#reconnects;
  }

  /** When it was looked through last, ms; undefined before the first time. */
  get lastLookAt(): number | undefined {
    return this.#lastLookAt;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#session(() => (failures = 0));
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        failures += 1;
        this.#reconnects += 1;
        this.#note(error);
        const pauseMs = pauseAfter(failures, this.#timing.reconnect, this.#random);
        const waitMs = Math.max(pauseMs, this.#signIn.closedUntil - this.#clock());
        await quietSleep(waitMs, this.#stop.signal);
      }
    }
  }

  /** One connection, from its beginning to its end. @param onUp called when all is looked at */
  async #session(onUp: () => void): Promise<void> {
    const client = await this.#signIn.open(this.#stop.signal);
    const bell = new Bell();
    const ring = (): void => bell.ring();
    const close = (): void => client.close();
    client.on('exists', ring).on('close', ring);
    this.#stop.signal.addEventListener('abort', close, { once: true });
    try {
      while (!this.#stop.signal.aborted) {
        // Opened anew: that also tells whether the folder still is the one of before. Read-only: EXAMINE.
        await this.scan.run(client, await client.mailboxOpen(this.folder, { readOnly: true }), true);
        this.#lastLookAt = this.#clock();
        onUp();
        this.#noteUp(client);
        await this.#takeNews(client, bell);
      }
    } finally {
      this.#isUp = false;
      this.#stop.signal.removeEventListener('abort', close);
      client.close();
    }
  }

  /** Returns when the folder is to be opened anew. @throws when the connection has ended */
  async #takeNews(client: ImapFlow, bell: Bell): Promise<void> {
    const patienceMs = client.capabilities.has('IDLE') ? this.#timing.recheckMs : this.#timing.pollMs;
    const until = this.#clock() + patienceMs;
    for (;;) {
      const rang = await bell.wait(Math.max(0, until - this.#clock()));
      if (!client.usable || client.mailbox === false) throw new Error('the server closed the connection');
      if (!rang) return;
      await this.scan.run(client, client.mailbox, false);
      this.#lastLookAt = this.#clock();
    }
  }

  #noteUp(client: ImapFlow): void {
    if (this.#isUp) return;
    this.#isUp = true;
    this.#trouble = undefined;
    const idle = client.capabilities.has('IDLE');
    this.#logger.info({ folder: this.folder, idle }, 'a folder of a mailbox is watched');
  }

  /** The same trouble is told once, not at each attempt. */
  #note(error: unknown): void {
    const trouble = troubleOf(error, this.#account, this.folder);
    const isKnown = this.#trouble?.kind === trouble.kind;
    this.#trouble = trouble;
    if (isKnown) return;
    const fields = { folder: this.folder, kind: trouble.kind, reason: trouble.text };
    this.#logger.warn(fields, 'a mailbox cannot be watched at the moment; it is tried again');
  }
}
