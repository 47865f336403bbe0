import type { Clock } from '../kernel/clock.ts';
import { Groups } from '../kernel/groups.ts';
import type { Logger } from '../kernel/logger.ts';
import type { TransportFact } from '../messages/messages.ts';
import type { NoticeSender } from './notice-sender.ts';
import type { QueueStore, SettledMail, TransportTimeline } from './ports.ts';

const TELL_AGAIN_MS = 30_000;
const TELL = 200;
/** Nobody waits for an outcome to be stored: under load, one transaction is for many. */
const CONCLUDE_EVERY_MS = 20;

export interface TellingDeps {
  store: Pick<QueueStore, 'settled' | 'finish' | 'conclusion'>;
  timeline: TransportTimeline;
  notices: Pick<NoticeSender, 'send'>;
  clock: Clock;
  logger: Logger;
  /** Whether the queue is about to tell this one itself. */
  isRunning: (id: string) => boolean;
  /** There is something to send, or to tell. */
  wake: () => void;
}

/** Tells timelines and senders what became of copies, once their outcomes are durable. */
export class Telling {
  readonly #deps: TellingDeps;
  readonly #telling: Groups<SettledMail, void>;
  readonly #concluding: Groups<SettledMail, void>;
  /** There may be outcomes that the timeline does not know. */
  #untold = true;

  constructor(deps: TellingDeps) {
    this.#deps = deps;
    this.#telling = new Groups((mails) => this.#tell(mails), TELL);
    this.#concluding = new Groups((mails) => this.#conclude(mails), TELL, CONCLUDE_EVERY_MS);
  }

  /** There may be outcomes that nobody told. */
  lookAgain(): void {
    this.#untold = true;
    this.#deps.wake();
  }

  /** Resolves when the timeline knows and the copy is finished. */
  tell(mail: SettledMail): Promise<void> {
    return this.#telling.call(mail);
  }

  /** For an outcome that is not durable yet and needs no notice: all in one transaction. */
  conclude(mail: SettledMail): Promise<void> {
    return this.#concluding.call(mail);
  }

  /** Tells what is found in the store, if there may be something. */
  async tellFound(): Promise<void> {
    if (!this.#untold) return;
    const { store, isRunning, logger } = this.#deps;
    const waiting = await store.settled(TELL);
    this.#untold = waiting.length === TELL;
    const mine = waiting.filter(({ id }) => !isRunning(id));
    const told = await Promise.allSettled(mine.map((mail) => this.tell(mail)));
    const failed = told.find((result) => result.status === 'rejected');
    if (failed === undefined) return;
    // One that cannot be told must not hold up what can be sent.
    logger.error({ err: failed.reason }, 'an outcome could not be told, it is tried again');
    setTimeout(() => this.lookAgain(), TELL_AGAIN_MS).unref();
    this.#untold = false;
  }

  async #conclude(mails: readonly SettledMail[]): Promise<void> {
    const { store, timeline, clock } = this.#deps;
    await timeline.recordTransports(factsOf(mails), store.conclusion(mails, clock()));
  }

  async #tell(mails: readonly SettledMail[]): Promise<void> {
    const { store, timeline, notices, clock, wake } = this.#deps;
    const facts = factsOf(mails);
    if (facts.length > 0) await timeline.recordTransports(facts);
    const areNoticed = await notices.send(mails);
    await store.finish(mails, clock());
    if (areNoticed) wake();
  }
}

/** The source is unique for the attempt: telling it twice is telling it once. */
function factsOf(mails: readonly SettledMail[]): TransportFact[] {
  return mails.flatMap(({ id, deliveryId, attempts, outcome: { fact } }) =>
    deliveryId === null || fact === undefined
      ? []
      : [{ deliveryId, ...fact, source: `relay:${id}:${attempts}` }],
  );
}
