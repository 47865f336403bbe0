import { setTimeout as sleep } from 'node:timers/promises';

interface Call<T, R> {
  item: T;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

/**
 * Calls that come while one is under way are answered together: a transaction, an fsync or a look-up for many. A call
 * that finds nothing under way starts in this turn of the event loop, so being grouped costs no time when it is quiet.
 */
export class Groups<T, R> {
  readonly #run: (items: T[]) => Promise<readonly R[] | void>;
  readonly #limit: number;
  readonly #distanceMs: number;
  #waiting: Call<T, R>[] = [];
  #busy = false;

  /**
   * @param run answers in the order of its items, or with nothing when R is void. When it throws for several, each is run again alone, so that one bad
   *   item is nobody else's trouble; it must therefore do all or nothing
   * @param limit of items in a group
   * @param distanceMs while several come at a time, groups begin this far from each other: fewer and larger ones, for
   *   whom waiting costs nothing. One that comes alone does not wait
   */
  constructor(
    run: (items: T[]) => Promise<readonly R[] | (R extends void ? void : never)>,
    limit = 200,
    distanceMs = 0,
  ) {
    this.#run = run;
    this.#limit = limit;
    this.#distanceMs = distanceMs;
  }

  call(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      // Those of the same turn come along.
      setImmediate(() => void this.#work());
    });
  }

  async #work(): Promise<void> {
    let restMs = 0;
    while (this.#waiting.length > 0) {
      if (restMs > 0 && this.#waiting.length < this.#limit) await sleep(restMs);
      const begunAt = performance.now();
      const group = this.#waiting.slice(0, this.#limit);
      this.#waiting = this.#waiting.slice(this.#limit);
      await this.#answer(group);
      restMs = group.length > 1 ? this.#distanceMs - (performance.now() - begunAt) : 0;
    }
    this.#busy = false;
  }

  async #answer(group: readonly Call<T, R>[]): Promise<void> {
    try {
      const results = await this.#run(group.map(({ item }) => item));
      group.forEach(({ resolve }, index) => resolve(results?.[index] as R));
    } catch (error) {
      const [first] = group;
      if (group.length === 1) first?.reject(error);
      else for (const call of group) await this.#answer([call]);
    }
  }
}
