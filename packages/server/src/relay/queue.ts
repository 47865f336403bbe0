import type { Clock } from '../kernel/clock.ts';
import type { RandomBytes } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { RetryPolicy } from './backoff.ts';
import { Circuit, type Outage, type ProbePauses } from './circuit.ts';
import { ContentMemory } from './content-memory.ts';
import { destinationOf } from './destination.ts';
import { Lanes, type LaneLimits } from './lanes.ts';
import { noticeOf } from './notice-decision.ts';
import type { NoticeSender } from './notice-sender.ts';
import { outcomeOf } from './outcome.ts';
import type { Attempt } from './pipeline.ts';
import type {
  ClaimedMail,
  QueuedMail,
  QueueStore,
  SendingLine,
  SentNotes,
  TransportTimeline,
} from './ports.ts';
import { Settling } from './settling.ts';
import { Telling } from './telling.ts';

export interface QueueOptions {
  store: QueueStore;
  notes: SentNotes;
  timeline: TransportTimeline;
  notices: Pick<NoticeSender, 'send'>;
  send: (mail: QueuedMail) => Promise<Attempt>;
  retry: RetryPolicy;
  limits: LaneLimits;
  probePauses?: ProbePauses | undefined;
  clock: Clock;
  random: RandomBytes;
  logger: Logger;
}

/** The store may be away for a moment; nothing is lost meanwhile. */
const STORE_PAUSE_MS = 1_000;
/** Looked at anyway, in case the clock was set. */
const LONGEST_SLEEP_MS = 60_000;
/** Copies that wait in memory, without their contents. */
const MOST_WAITING = 1_000;
const CLAIM = 50;
/** Outcomes that wait to be stored for each copy that may be on its way. */
const UNSETTLED_FOR_A_PLACE = 10;
/** Of contents that are kept for copies that wait; what was read out of them comes to a few times as much. */
const REMEMBERED_BYTES = 16 * 1024 * 1024;

export interface QueueState {
  outage: Outage | undefined;
  openings: number;
  limit: number;
  running: number;
  ends: Readonly<Record<Attempt['kind'], number>>;
}

interface Lined extends ClaimedMail {
  destination: string;
}

/**
 * Sends what is due. Every step is durable before the next one begins, so the process may die anywhere: a copy whose
 * outcome was written down is never sent again, and an outcome that was not told to the timeline is told later.
 * Left open is only the moment between the server's 250 and the note of it (RFC 1047): such a copy is sent twice.
 */
export class Queue implements SendingLine {
  readonly #options: QueueOptions;
  readonly #lanes: Lanes<Lined>;
  readonly #circuit: Circuit;
  readonly #contents: ContentMemory;
  readonly #settling: Settling;
  readonly #telling: Telling;
  /** How attempts ended, since the start. */
  readonly #ends: Record<Attempt['kind'], number> = {
    relayed: 0,
    deferred: 0,
    rejected: 0,
    captured: 0,
    waiting: 0,
  };
  /** On their way, or their outcome is being written down and told. */
  readonly #running = new Map<string, Promise<void>>();
  /** Outcomes that are not durable yet. */
  #unsettled = 0;
  /** A store that takes no outcomes ends the sending. */
  readonly #mostUnsettled: number;
  #stopped = false;
  #wakeUp: () => void = () => {};
  #woken = false;
  /** The store holds copies that came before the next one: nobody overtakes them. */
  #behind = true;
  /** How many copies had to go by way of the store; one that is not durable yet cannot be seen there. */
  #refused = 0;
  /** Copies on their way back into the store. */
  #holding: Promise<void> = Promise.resolve();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: QueueOptions) {
    const { store, limits, clock } = options;
    this.#options = options;
    this.#mostUnsettled = limits.total * UNSETTLED_FOR_A_PLACE;
    this.#lanes = new Lanes(limits);
    this.#circuit = new Circuit({ total: limits.total, pauses: options.probePauses, clock });
    this.#contents = new ContentMemory((id) => store.content(id), REMEMBERED_BYTES);
    this.#telling = new Telling({
      ...options,
      isRunning: (id) => this.#running.has(id),
      wake: () => this.wake(),
    });
    this.#settling = new Settling({
      ...options,
      telling: this.#telling,
      isStopped: () => this.#stopped,
    });
  }

  async start(): Promise<void> {
    const { store, notes } = this.#options;
    const count = await store.recover(notes.found);
    notes.forgetFound();
    if (count > 0)
      this.#options.logger.info({ count }, 'copies on their way when the server ended are sent again');
    this.#loop = this.#run();
  }

  /** There may be something due. */
  wake(): void {
    this.#woken = true;
    this.#wakeUp();
  }

  /** There may be outcomes that others wrote down. */
  tellOutcomes(): void {
    this.#telling.lookAgain();
  }

  /** Somebody believes that the smarthost is back, or wants to know. */
  tryNow(): void {
    this.#circuit.tryNow();
    this.wake();
  }

  /** For those who look on. `limit`: copies that may be on their way now. */
  get state(): QueueState {
    const { outage, openings, limit } = this.#circuit;
    return { outage, openings, limit, running: this.#running.size, ends: { ...this.#ends } };
  }

  reserve(address: string): boolean {
    if (this.#stopped || this.#behind || this.#circuit.outage !== undefined) return false;
    if (this.#lanes.waiting < MOST_WAITING && this.#lanes.reserve(destinationOf(address))) return true;
    this.#behind = true;
    this.#refused++;
    return false;
  }

  unreserve(address: string): void {
    this.#lanes.unreserve(destinationOf(address));
    if (this.#behind) this.wake();
  }

  enter(copies: readonly ClaimedMail[], raw: Uint8Array): void {
    for (const copy of copies) {
      this.#lanes.unreserve(destinationOf(copy.envelopeTo));
      this.#add(copy, raw);
    }
    if (this.#circuit.outage !== undefined) this.#hold();
    else this.#startNext();
  }

  /** Claims nothing more and waits for what is on its way, but no longer than `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    this.wake();
    await this.#loop;
    const left = this.#lanes.clear();
    this.#contents.clear();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    await Promise.race([
      Promise.all([...this.#running.values(), this.#holding, this.#release(left.map(({ id }) => id))]),
      promise,
    ]);
    clearTimeout(timer);
  }

  async #release(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    try {
      await this.#options.store.release(ids);
    } catch (err) {
      this.#options.logger.warn(
        { err },
        'copies that waited could not be given back; the next start does it',
      );
    }
  }

  /** What waits here waits in the store while the smarthost fails, where everybody sees that it does. */
  #hold(): void {
    this.#behind = true;
    const waiting = this.#lanes.clear();
    if (waiting.length === 0) return;
    const released = this.#options.store.release(waiting.map(({ id }) => id)).then(
      () => {
        for (const { contentId } of waiting) this.#contents.release(contentId);
      },
      (err: unknown) => {
        this.#options.logger.warn({ err }, 'copies could not be given back, they wait in memory');
        for (const mail of waiting) this.#lanes.add(mail);
      },
    );
    this.#holding = Promise.all([this.#holding, released]).then(() => this.wake());
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#woken = false;
      try {
        await this.#telling.tellFound();
        const { outage } = this.#circuit;
        await this.#sleep(outage === undefined ? await this.#claimDue() : await this.#claimProbe(outage));
      } catch (err) {
        this.#options.logger.error({ err }, 'the mail queue cannot be worked on, it is tried again');
        await this.#sleep(STORE_PAUSE_MS);
      }
    }
  }

  /** @returns for how long there is nothing to do, in ms */
  async #claimDue(): Promise<number> {
    const { store, clock, limits } = this.#options;
    const except = this.#lanes.full();
    const isFull = this.#lanes.waiting >= MOST_WAITING || limits.total === 0;
    // Said before the store is asked: a copy that ends meanwhile has to wake us, for what is passed over now.
    if (isFull || except.length > 0) this.#behind = true;
    if (isFull) return LONGEST_SLEEP_MS;
    const refused = this.#refused;
    // Reading does not wait for writers; a claim does, so it is made only when there is something to claim.
    const dueAt = await store.nextDueAt(except);
    if (dueAt === undefined || dueAt > clock()) {
      if (except.length === 0 && this.#refused === refused) this.#behind = false;
      return dueAt === undefined ? LONGEST_SLEEP_MS : dueAt - clock();
    }
    const mails = await store.claim(clock(), { copies: CLAIM, except });
    for (const mail of mails) this.#add(mail);
    this.#startNext();
    return mails.length === 0 ? STORE_PAUSE_MS : 0;
  }

  /** One copy, to see whether the smarthost is back. @returns for how long there is nothing to do, in ms */
  async #claimProbe({ failure }: Outage): Promise<number> {
    const { store, clock } = this.#options;
    this.#behind = true;
    const expired = await store.claimExpired(clock(), CLAIM);
    for (const mail of expired) this.#track(mail, this.#conclude(mail, failure));
    if (expired.length === CLAIM) return 0;
    const waitMs = this.#circuit.waitMs();
    if (waitMs > 0) return waitMs;
    if (this.#lanes.waiting === 0) {
      const dueAt = await store.nextDueAt([]);
      if (dueAt === undefined || dueAt > clock()) return (dueAt ?? Number.POSITIVE_INFINITY) - clock();
      for (const mail of await store.claim(clock(), { copies: 1, except: [] })) this.#add(mail);
    }
    this.#startNext();
    return STORE_PAUSE_MS;
  }

  #add(mail: ClaimedMail, raw?: Uint8Array): void {
    this.#contents.expect(mail.contentId, raw);
    this.#lanes.add({ ...mail, destination: destinationOf(mail.envelopeTo) });
  }

  #startNext(): void {
    while (!this.#stopped && this.#unsettled < this.#mostUnsettled && this.#circuit.hasRoom()) {
      const mail = this.#lanes.next();
      if (mail === undefined) return;
      this.#track(mail, this.#process(mail));
    }
  }

  #track({ id }: ClaimedMail, work: Promise<void>): void {
    this.#running.set(
      id,
      work
        .catch((err: unknown) => {
          // It stays as it is in the store: told in the next round when its outcome is there, else after a restart.
          this.#telling.lookAgain();
          this.#options.logger.error({ err, queueId: id }, 'a copy could not be worked on');
        })
        .finally(() => this.#running.delete(id)),
    );
  }

  async #process(mail: Lined): Promise<void> {
    const ticket = this.#circuit.begin();
    const attempt = await this.#attempt(mail);
    this.#lanes.done(mail);
    this.#ends[attempt.kind]++;
    const before = this.#circuit.outage;
    this.#circuit.end(ticket, attempt);
    this.#noteOutage(before);
    await this.#conclude(mail, attempt);
  }

  #noteOutage(before: Outage | undefined): void {
    const { outage } = this.#circuit;
    if ((before === undefined) === (outage === undefined)) return;
    const { logger, clock } = this.#options;
    if (outage === undefined) {
      logger.warn({ afterMs: clock() - (before?.sinceMs ?? 0) }, 'the smarthost takes mail again');
      return;
    }
    const { code, reply, about } = outage.failure;
    // What ended in the midst of a mail may name whom it was for.
    logger.warn(
      { code, ...(about === 'server' ? { reply } : {}) },
      'the smarthost takes no mail; single copies try whether it is back',
    );
    this.#hold();
  }

  /** Writes down what an attempt came to, then tells it. */
  async #conclude(mail: ClaimedMail, attempt: Attempt): Promise<void> {
    const { clock, retry, random, notes } = this.#options;
    const at = clock();
    const outcome = outcomeOf(mail, attempt, { at, retry, random });
    const notice = noticeOf(mail, attempt, outcome, { at, expiryMs: retry.expiryMs });
    if (notice !== undefined) outcome.notice = notice;
    const { id, deliveryId, attempts } = mail;
    const ended = { id, deliveryId, attempts, outcome };
    if (attempt.kind === 'relayed') notes.note({ id, attempts, outcome });
    this.#unsettled++;
    this.#startNext();
    const isTold = await this.#settling.write(ended, attempt).finally(() => {
      this.#unsettled--;
      this.#startNext();
      if (this.#behind) this.wake();
    });
    notes.forget(ended);
    if (!isTold) await this.#telling.tell(ended);
    if (outcome.retryAt !== undefined) this.wake();
  }

  /** A mail that makes our own code fail must not be tried as fast as the machine can. */
  async #attempt(mail: Lined): Promise<Attempt> {
    try {
      const raw = await this.#contents.take(mail.contentId);
      if (raw === undefined) throw new Error('the content is gone');
      return await this.#options.send({ ...mail, raw });
    } catch (err) {
      this.#options.logger.error({ err, queueId: mail.id }, 'making or sending a copy failed');
      return { kind: 'waiting', reason: 'An internal error kept this mail back. It is tried again.' };
    }
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
