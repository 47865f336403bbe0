import type { DeliveryId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { LoggedHit } from '../tracking/tracking.ts';
import { tellingSuffix } from '../truth/truth.ts';
import type { Timeline } from './timeline.ts';

/** Port: forward-confirmed reverse DNS. */
export interface ReverseNames {
  /**
   * The host names that lead to the address and from which the address leads back; none if there are none, if nobody
   * answers in time, or on any error. Never throws.
   */
  confirmed(ip: string): Promise<readonly string[]>;
}

export interface HostCheckOptions {
  /** Look-ups under way at once. */
  concurrency: number;
  /** Addresses that wait; more are passed over. A mailing's readers are many, and this is only one more sign. */
  longestQueue: number;
  /** How long an answer is remembered, ms. */
  rememberMs: number;
  /** Addresses that are remembered. */
  remembered: number;
}

const DEFAULTS: HostCheckOptions = {
  concurrency: 8,
  longestQueue: 2000,
  rememberMs: 86_400_000,
  remembered: 20_000,
};

/**
 * Asks for host names after hits were recorded, apart from their way: nothing waits for it. A name that tells of a
 * gateway or crawler is put beside the hits of its address, and their deliveries are judged again.
 */
export class HostCheck {
  readonly #names: ReverseNames;
  readonly #timeline: Pick<Timeline, 'recordHost'>;
  readonly #isWorth: (ip: string) => boolean;
  readonly #clock: () => number;
  readonly #logger: Logger;
  readonly #options: HostCheckOptions;
  /** Oldest first. `suffix` is absent where the name tells nothing. */
  readonly #answers = new Map<string, { suffix: string | undefined; at: number }>();
  /** Deliveries that an address hit, until it is looked up. */
  readonly #waiting = new Map<string, Set<DeliveryId>>();
  readonly #underWay = new Set<Promise<void>>();
  #stopped = false;

  constructor(
    dependencies: {
      names: ReverseNames;
      timeline: Pick<Timeline, 'recordHost'>;
      /** Whether a name could change anything: not for addresses in published ranges, or of the own network. */
      isWorth: (ip: string) => boolean;
      clock: () => number;
      logger: Logger;
    },
    options: Partial<HostCheckOptions> = {},
  ) {
    this.#names = dependencies.names;
    this.#timeline = dependencies.timeline;
    this.#isWorth = dependencies.isWorth;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Hits that are on their timelines by now. Returns at once. */
  consider(hits: readonly LoggedHit[]): void {
    if (this.#stopped) return;
    for (const { ip, mode, subject } of hits) {
      if (ip === undefined || mode !== 'full' || !this.#isWorth(ip)) continue;
      const known = this.#answers.get(ip);
      const isFresh = known !== undefined && this.#clock() - known.at < this.#options.rememberMs;
      if (isFresh && known.suffix === undefined) continue;
      const deliveries = this.#waiting.get(ip);
      if (deliveries !== undefined) deliveries.add(subject as DeliveryId);
      else if (this.#waiting.size < this.#options.longestQueue)
        this.#waiting.set(ip, new Set([subject as DeliveryId]));
    }
    this.#next();
  }

  /** Drops what waits, and resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.clear();
    await Promise.all(this.#underWay);
  }

  #next(): void {
    while (this.#underWay.size < this.#options.concurrency) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      const [ip, deliveries] = first;
      this.#waiting.delete(ip);
      const work: Promise<void> = this.#check(ip, [...deliveries]).finally(() => {
        this.#underWay.delete(work);
        this.#next();
      });
      this.#underWay.add(work);
    }
  }

  async #check(ip: string, deliveryIds: readonly DeliveryId[]): Promise<void> {
    try {
      const suffix = await this.#suffixOf(ip);
      if (suffix !== undefined && !this.#stopped)
        await this.#timeline.recordHost({ ip, suffix, deliveryIds });
    } catch (error) {
      this.#logger.warn({ err: error }, 'a host name could not be put beside its hits');
    }
  }

  async #suffixOf(ip: string): Promise<string | undefined> {
    const known = this.#answers.get(ip);
    if (known !== undefined && this.#clock() - known.at < this.#options.rememberMs) return known.suffix;
    const names = await this.#names.confirmed(ip);
    const suffix = names.map(tellingSuffix).find((found) => found !== undefined);
    this.#answers.delete(ip);
    this.#answers.set(ip, { suffix, at: this.#clock() });
    if (this.#answers.size > this.#options.remembered) {
      const [oldest] = this.#answers.keys();
      if (oldest !== undefined) this.#answers.delete(oldest);
    }
    return suffix;
  }
}
