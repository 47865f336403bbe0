import type { Reason } from '@waybill/sdk';
import type { Clock } from '../kernel/clock.ts';
import type { RandomBytes } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import { pauseMs, type RetryPolicy } from './backoff.ts';
import type { Attempt } from './pipeline.ts';
import type { Outcome, QueuedMail, QueueStore, SettledMail, TransportTimeline } from './ports.ts';

export interface QueueOptions {
  store: QueueStore;
  timeline: TransportTimeline;
  send: (mail: QueuedMail) => Promise<Attempt>;
  retry: RetryPolicy;
  /** How many copies are on their way at the same time. */
  concurrency: number;
  clock: Clock;
  random: RandomBytes;
  logger: Logger;
}

/** The store may be away for a moment; nothing is lost meanwhile. */
const STORE_PAUSE_MS = 1_000;
/** Looked at anyway, in case the clock was set. */
const LONGEST_SLEEP_MS = 60_000;

/**
 * Sends what is due. Every step is durable before the next one begins, so the process may die anywhere: a copy whose
 * outcome was written down is never sent again, and an outcome that was not told to the timeline is told later.
 * Left open is only the moment between the server's 250 and the writing down (RFC 1047): such a copy is sent twice.
 */
export class Queue {
  readonly #options: QueueOptions;
  readonly #running = new Map<string, Promise<void>>();
  #stopped = false;
  #wakeUp: () => void = () => {};
  #woken = false;
  /** There may be outcomes that the timeline does not know. */
  #untold = true;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const count = await this.#options.store.recover();
    if (count > 0)
      this.#options.logger.info({ count }, 'copies on their way when the server ended are sent again');
    this.#loop = this.#run();
  }

  /** There may be something due. */
  wake(): void {
    this.#woken = true;
    this.#wakeUp();
  }

  /** Claims nothing more and waits for what is on its way, but no longer than `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    this.wake();
    await this.#loop;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    await Promise.race([Promise.all(this.#running.values()), promise]);
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#woken = false;
      try {
        if (this.#untold) await this.#tellSettled();
        await this.#sleep(await this.#startDue());
      } catch (err) {
        this.#options.logger.error({ err }, 'the mail queue cannot be worked on, it is tried again');
        await this.#sleep(STORE_PAUSE_MS);
      }
    }
  }

  /** @returns for how long there is nothing to do, in ms */
  async #startDue(): Promise<number> {
    const { store, clock, concurrency } = this.#options;
    const places = concurrency - this.#running.size;
    if (places <= 0) return LONGEST_SLEEP_MS;
    // Reading does not wait for writers; a claim does, so it is made only when there is something to claim.
    const dueAt = await store.nextDueAt();
    if (dueAt === undefined) return LONGEST_SLEEP_MS;
    if (dueAt > clock()) return dueAt - clock();
    const mails = await store.claim(clock(), places);
    for (const mail of mails) {
      const work = this.#process(mail).finally(() => {
        this.#running.delete(mail.id);
        this.wake();
      });
      this.#running.set(mail.id, work);
    }
    return mails.length === 0 ? STORE_PAUSE_MS : 0;
  }

  async #process(mail: QueuedMail): Promise<void> {
    const { logger } = this.#options;
    try {
      const attempt = await this.#attempt(mail);
      const outcome = this.#outcome(mail, attempt);
      await this.#persist(() =>
        this.#options.store.settle(mail.id, outcome, attempt.kind === 'captured' ? attempt.copy : undefined),
      );
      await this.#tell({ id: mail.id, deliveryId: mail.deliveryId, attempts: mail.attempts, outcome });
    } catch (err) {
      // It stays as it is in the store: told in the next round when its outcome is there, else after a restart.
      this.#untold = true;
      logger.error({ err, queueId: mail.id }, 'a copy could not be worked on');
    }
  }

  /** A mail that makes our own code fail must not be tried as fast as the machine can. */
  async #attempt(mail: QueuedMail): Promise<Attempt> {
    try {
      return await this.#options.send(mail);
    } catch (err) {
      this.#options.logger.error({ err, queueId: mail.id }, 'making or sending a copy failed');
      return { kind: 'waiting', reason: 'An internal error kept this mail back. It is tried again.' };
    }
  }

  /** What was sent must be written down, or it is sent again: the store gets many chances. */
  async #persist(write: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await write();
      } catch (error) {
        if (attempt >= 10 || this.#stopped) throw error;
        this.#options.logger.warn({ err: error }, 'an outcome could not be stored, it is tried again');
        await new Promise((resolve) => setTimeout(resolve, 100 * attempt));
      }
    }
  }

  #outcome(mail: QueuedMail, attempt: Attempt): Outcome {
    const { retry, clock, random } = this.#options;
    const at = clock();
    if (attempt.kind === 'captured') {
      return { fact: { at, type: 'relayed', transport: 'captured', reasons: [CAPTURED] } };
    }
    if (attempt.kind === 'relayed') {
      const reasons = [{ code: 'server-accepted', text: `The mail server took it: ${attempt.reply}` }];
      return { fact: { at, type: 'relayed', transport: 'sent', reasons } };
    }
    if (attempt.kind === 'rejected') {
      const reasons = [{ code: 'server-rejected', text: `The mail server refused it: ${attempt.reply}` }];
      return { fact: { at, type: 'bounced', transport: 'bounced', reasons } };
    }
    const reason = deferral(attempt);
    const retryAt = at + pauseMs(retry, mail.attempts, random);
    if (retryAt >= mail.expiresAt) {
      return { fact: { at, type: 'bounced', transport: 'failed', reasons: [EXPIRED, reason] } };
    }
    // The same trouble hour after hour is one line on the timeline.
    const known = mail.lastError === reason.text;
    return {
      retryAt,
      error: reason.text,
      ...(known ? {} : { fact: { at, type: 'deferred', reasons: [reason] } }),
    };
  }

  async #tellSettled(): Promise<void> {
    const waiting = await this.#options.store.settled(100);
    this.#untold = waiting.length === 100;
    for (const mail of waiting) if (!this.#running.has(mail.id)) await this.#tell(mail);
  }

  /** The source is unique for the attempt: telling it twice is telling it once. */
  async #tell({ id, deliveryId, attempts, outcome }: SettledMail): Promise<void> {
    const { store, timeline, clock } = this.#options;
    if (deliveryId !== null && outcome.fact !== undefined) {
      await timeline.recordTransport({ deliveryId, ...outcome.fact, source: `relay:${id}:${attempts}` });
    }
    await store.finish({ id, attempts }, clock());
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#woken || this.#stopped || ms <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.min(ms, LONGEST_SLEEP_MS));
    timer.unref();
    this.#wakeUp = resolve;
    await promise;
    clearTimeout(timer);
    this.#wakeUp = () => {};
  }
}

const CAPTURED: Reason = {
  code: 'captured',
  text: 'The mail is in the demo inbox. It was not sent to anybody.',
};
const EXPIRED: Reason = {
  code: 'expired',
  text: 'The mail could not be delivered for so long that Waybill gave up.',
};

function deferral(attempt: Extract<Attempt, { kind: 'deferred' | 'waiting' }>): Reason {
  if (attempt.kind === 'waiting') return { code: 'no-way-out', text: attempt.reason };
  switch (attempt.code) {
    case 'server-deferred':
      return { code: attempt.code, text: `The mail server wants it later: ${attempt.reply}` };
    case 'server-unreachable':
      return { code: attempt.code, text: `The mail server cannot be reached: ${attempt.reply}` };
    case 'server-refuses-us':
      return { code: attempt.code, text: `The mail server does not let Waybill in: ${attempt.reply}` };
  }
}
