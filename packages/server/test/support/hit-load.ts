import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from './ledger.ts';

const TICK_MS = 10;
/** Beyond this the load waits instead of piling up requests in the test's own process. */
const MOST_UNDER_WAY = 400;
const TIMEOUT_MS = 15_000;

export interface HitLoadOptions {
  /** Pixels, requested in turn. */
  urls: readonly string[];
  ledger: Ledger;
  /** Hits begun in a second, answered or not. */
  perSecond: number;
  /** Begins each User-Agent, which is unique. */
  name: string;
}

/** Readers that never rest: a steady rate of hits, whether they are answered or not. */
export class HitLoad {
  readonly #options: HitLoadOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #latencies: number[] = [];
  readonly #watchers = new Set<(sentAt: number) => void>();
  #underWay = 0;
  #begun = 0;
  #failed = 0;
  #brokenOff = 0;
  #stopped = false;
  readonly #running: Promise<void>;

  constructor(options: HitLoadOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** `brokenOff`: of the failed ones, those whose answer had begun. */
  get counts(): { begun: number; failed: number; brokenOff: number; answered: number } {
    return {
      begun: this.#begun,
      failed: this.#failed,
      brokenOff: this.#brokenOff,
      answered: this.#latencies.length,
    };
  }

  /** Of the answers, ms, ascending. */
  latencies(): number[] {
    return this.#latencies.toSorted((a, b) => a - b);
  }

  /** Resolves with the moment of the first answer to a hit that was sent after `since`. */
  async answeredAfter(since: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    const watch = (sentAt: number): void => {
      if (sentAt >= since) resolve(performance.now());
    };
    this.#watchers.add(watch);
    const at = await promise;
    this.#watchers.delete(watch);
    return at;
  }

  /** Ends when the last request is answered or has failed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    while (this.#underWay > 0) await sleep(TICK_MS);
    this.#agent.destroy();
  }

  async #run(): Promise<void> {
    const { perSecond } = this.#options;
    const startedAt = performance.now();
    while (!this.#stopped) {
      const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
      while (this.#begun < due && this.#underWay < MOST_UNDER_WAY) this.#send();
      // What could not be begun in time is let go: the rate stays, nothing is made up for.
      this.#begun = Math.max(this.#begun, due);
      await sleep(TICK_MS);
    }
  }

  #send(): void {
    const { urls, ledger, name } = this.#options;
    const agent = `${name}/${this.#begun++}`;
    const sentAt = performance.now();
    this.#underWay += 1;
    let isDone = false;
    const done = (isAnswered: boolean): void => {
      if (isDone) return;
      isDone = true;
      this.#underWay -= 1;
      if (!isAnswered) {
        this.#failed += 1;
        return;
      }
      ledger.hits.add(agent);
      this.#latencies.push(performance.now() - sentAt);
      for (const watch of this.#watchers) watch(sentAt);
    };
    const headers = { 'user-agent': agent };
    const sent = request(urls[this.#begun % urls.length] ?? '', { agent: this.#agent, headers }, (answer) => {
      let size = 0;
      answer.on('data', (part: Buffer) => (size += part.length));
      answer.on('end', () => done(answer.statusCode === 200 && answer.complete && size === 43));
      answer.on('close', () => {
        if (!isDone) this.#brokenOff += 1;
        done(false);
      });
    });
    sent.on('error', () => done(false));
    sent.on('close', () => done(false));
    sent.setTimeout(TIMEOUT_MS, () => sent.destroy());
    sent.end();
  }
}

/** @param sorted ascending @param share 0.99: the 99th percentile */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
