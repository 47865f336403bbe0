import { createHash } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import { inSlices } from '../kernel/slices.ts';
import type { Senders, SendResult } from './channels/channel.ts';
import { sendTo } from './senders.ts';
import type { ClaimedNotification, Outcome, OutboxStore } from './store.ts';

export interface DispatcherOptions {
  /** Notifications under way at once. */
  concurrency: number;
  /** Of these, to one channel: a slow one leaves room for the others. */
  perChannel: number;
  /** Longest sleep between looks at the outbox, ms; {@link Dispatcher.wake} shortens it. */
  pollMs: number;
  /** Longest duration of one attempt, ms. */
  attemptMs: number;
  /** Attempts before a notification is given up; with the delays below, after about a day. */
  maxAttempts: number;
  /** Delay after the first failure, doubled after each further one, ms. */
  firstDelayMs: number;
  longestDelayMs: number;
  /** Rest of a channel after its first failure in a row, doubled by each further one, ms. */
  firstPauseMs: number;
  longestPauseMs: number;
  /** How long `stop` lets attempts finish before it breaks them off, ms. */
  drainMs: number;
}

const DEFAULTS: DispatcherOptions = {
  concurrency: 8,
  perChannel: 2,
  pollMs: 2_000,
  attemptMs: 20_000,
  maxAttempts: 23,
  firstDelayMs: 5_000,
  longestDelayMs: 2 * 3_600_000,
  firstPauseMs: 1_000,
  longestPauseMs: 60_000,
  drainMs: 3_000,
};

/** A claim outlives its attempt by far, so that only the death of the process lets somebody else take it. */
/** So long a row remembers that its occasion was told. */
const KEPT_MS = 400 * 86_400_000;
const LEASE_FACTOR = 3;
const LONGEST_RETRY_AFTER_MS = 3_600_000;
const JITTER = 0.2;

/**
 * Sends what the outbox holds: each notification at least once, with the same key at every attempt, whatever crashes.
 * A channel that fails rests and gets few slots, so that it holds up no other.
 */
export class Dispatcher {
  readonly #store: OutboxStore;
  readonly #senders: Senders;
  readonly #dashboardUrl: () => string;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #logger: Logger;
  readonly #options: DispatcherOptions;
  readonly #breakOff = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #busy = new Map<string, number>();
  readonly #resting = new Map<string, { until: number; failures: number }>();
  readonly #counts = { sent: 0, retried: 0, failed: 0 };
  #running: Promise<void> | undefined;
  #stopping = false;
  #woken = false;
  #endSleep: (() => void) | undefined;

  /**
   * @param dependencies.dashboardUrl base address in notifications, without a slash at the end
   * @param dependencies.random 0 ≤ x < 1, for the jitter
   */
  constructor(
    dependencies: {
      store: OutboxStore;
      senders: Senders;
      dashboardUrl: () => string;
      clock: Clock;
      random?: () => number;
      logger: Logger;
    },
    options: Partial<DispatcherOptions> = {},
  ) {
    this.#store = dependencies.store;
    this.#senders = dependencies.senders;
    this.#dashboardUrl = dependencies.dashboardUrl;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random ?? Math.random;
    this.#logger = dependencies.logger;
    this.#options = { ...DEFAULTS, ...options };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** To be called after new rows were committed, so that they need not wait for the next look. */
  wake(): void {
    this.#woken = true;
    this.#endSleep?.();
  }

  /** Takes nothing new, lets attempts finish for three seconds, then breaks them off; they are due again at once. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.wake();
    await this.#running;
    const timer = setTimeout(() => this.#breakOff.abort(), this.#options.drainMs);
    await Promise.all(this.#underWay);
    clearTimeout(timer);
  }

  /** Forgets finished notifications, whose content is wiped already, when nobody can ask for them twice any more. */
  async housekeep(): Promise<void> {
    const before = this.#clock() - KEPT_MS;
    await inSlices((limit) => this.#store.forgetFinished(before, limit));
  }

  /** Attempts since the start, by outcome. */
  metrics(): { sent: number; retried: number; failed: number } {
    return { ...this.#counts };
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#woken = false;
      const claimed = await this.#claim();
      if (claimed === undefined) await this.#sleep();
      else this.#launch(claimed);
    }
  }

  async #claim(): Promise<ClaimedNotification | undefined> {
    if (this.#underWay.size >= this.#options.concurrency) return undefined;
    const now = this.#clock();
    const leaseUntil = now + this.#options.attemptMs * LEASE_FACTOR;
    try {
      return await this.#store.claim({ now, leaseUntil, except: this.#unavailable(now) });
    } catch (error) {
      this.#logger.error({ err: error }, 'the outbox cannot be read; trying again');
      return undefined;
    }
  }

  #unavailable(now: number): string[] {
    const busy = [...this.#busy].filter(([, count]) => count >= this.#options.perChannel);
    const resting = [...this.#resting].filter(([, { until }]) => until > now);
    return [...busy, ...resting].map(([channelId]) => channelId);
  }

  #launch(claimed: ClaimedNotification): void {
    const channelId = claimed.channel?.id;
    if (channelId !== undefined) this.#busy.set(channelId, (this.#busy.get(channelId) ?? 0) + 1);
    const work = this.#process(claimed).finally(() => {
      this.#underWay.delete(work);
      if (channelId !== undefined) this.#release(channelId);
      this.wake();
    });
    this.#underWay.add(work);
  }

  #release(channelId: string): void {
    const count = (this.#busy.get(channelId) ?? 1) - 1;
    if (count === 0) this.#busy.delete(channelId);
    else this.#busy.set(channelId, count);
  }

  async #process(claimed: ClaimedNotification): Promise<void> {
    const outcome = await this.#attempt(claimed);
    try {
      await this.#store.finish(claimed, outcome);
    } catch (error) {
      // The lease runs out and it is sent again, with the same key.
      this.#logger.error(
        { err: error, outbox: claimed.id },
        'the outcome of a notification could not be stored',
      );
    }
  }

  async #attempt(claimed: ClaimedNotification): Promise<Outcome> {
    const { channel, attempts } = claimed;
    if (channel === undefined) return this.#fail(claimed, 'The channel was removed.');
    const result = await this.#send(claimed, channel);
    if (result === 'broken-off') return { kind: 'released', at: this.#clock() };
    if (result.ok) {
      this.#resting.delete(channel.id);
      this.#counts.sent += 1;
      return { kind: 'sent', at: this.#clock() };
    }
    if (result.permanent) return this.#fail(claimed, result.detail);
    this.#rest(channel.id, result.retryAfterMs);
    if (attempts >= this.#options.maxAttempts) {
      return this.#fail(claimed, `Given up after ${attempts} attempts. ${result.detail}`);
    }
    this.#counts.retried += 1;
    const delayMs = Math.max(this.#delay(attempts), retryAfter(result.retryAfterMs));
    return { kind: 'retry', at: this.#clock() + delayMs, error: result.detail };
  }

  async #send(
    { notification, idempotencyKey }: ClaimedNotification,
    channel: NonNullable<ClaimedNotification['channel']>,
  ): Promise<SendResult | 'broken-off'> {
    const timeout = AbortSignal.timeout(this.#options.attemptMs);
    const signal = AbortSignal.any([this.#breakOff.signal, timeout]);
    const given = { notification, dashboardUrl: this.#dashboardUrl() };
    try {
      const sending = sendTo(this.#senders, channel.config, given, {
        idempotencyKey: publicKey(idempotencyKey),
        signal,
      });
      const result = await Promise.race([sending, aborted(signal)]);
      const isOver = result === 'aborted' || (!result.ok && this.#breakOff.signal.aborted);
      if (isOver && this.#breakOff.signal.aborted) return 'broken-off';
      return result === 'aborted' ? { ok: false, permanent: false, detail: 'No answer in time.' } : result;
    } catch (error) {
      this.#logger.error({ err: error, channel: channel.id }, 'a notification failed inside Waybill');
      return { ok: false, permanent: false, detail: 'Waybill itself failed; see its log.' };
    }
  }

  #fail({ id, channel, attempts }: ClaimedNotification, error: string): Outcome {
    this.#counts.failed += 1;
    this.#logger.warn({ outbox: id, channel: channel?.id, attempts }, 'notification given up');
    return { kind: 'failed', error };
  }

  #rest(channelId: string, retryAfterMs: number | undefined): void {
    const failures = (this.#resting.get(channelId)?.failures ?? 0) + 1;
    const { firstPauseMs, longestPauseMs } = this.#options;
    const pauseMs = Math.max(doubled(firstPauseMs, failures, longestPauseMs), retryAfter(retryAfterMs));
    this.#resting.set(channelId, { until: this.#clock() + pauseMs, failures });
  }

  #delay(attempts: number): number {
    const { firstDelayMs, longestDelayMs } = this.#options;
    return doubled(firstDelayMs, attempts, longestDelayMs) * (1 - JITTER + 2 * JITTER * this.#random());
  }

  /** Until woken, or for a poll interval; does not keep the process alive. */
  #sleep(): Promise<void> {
    if (this.#woken) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#endSleep = undefined;
        resolve();
      };
      const timer = setTimeout(end, this.#options.pollMs);
      timer.unref();
      this.#endSleep = end;
    });
  }
}

/** Opaque and of few letters, so that receivers learn no internal names and may use it in headers. */
function publicKey(idempotencyKey: string): string {
  return `msg_${createHash('sha256').update(idempotencyKey).digest('base64url').slice(0, 27)}`;
}

function doubled(first: number, times: number, longest: number): number {
  return Math.min(first * 2 ** (times - 1), longest);
}

function retryAfter(ms: number | undefined): number {
  return Math.min(ms ?? 0, LONGEST_RETRY_AFTER_MS);
}

function aborted(signal: AbortSignal): Promise<'aborted'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('aborted');
    else signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
}
