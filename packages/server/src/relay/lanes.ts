/** A copy that waits for its turn. */
interface Waiting {
  destination: string;
  sizeBytes: number;
}

export interface LaneLimits {
  /** Copies on their way to all destinations. */
  total: number;
  perDestination: number;
  /** Of all copies on their way; a single larger one goes alone. */
  bytes: number;
}

interface Lane<T> {
  waiting: T[];
  running: number;
}

/** So many copies may wait for each place of a destination: enough that none stays empty while more are fetched. */
const WAITING_FOR_A_PLACE = 4;

/**
 * Who is next: one lane for each destination, served in turn, so that a destination which is slow or has many copies
 * takes no more than its share.
 */
export class Lanes<T extends Waiting> {
  readonly #limits: LaneLimits;
  /** In the order of their turn. Lanes without a copy are not kept. */
  readonly #lanes = new Map<string, Lane<T>>();
  /** Places promised to copies that are not durable yet. */
  readonly #reserved = new Map<string, number>();
  #waiting = 0;
  #running = 0;
  #bytes = 0;

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  /** Copies that are here and not on their way yet. */
  get waiting(): number {
    return this.#waiting;
  }

  add(copy: T): void {
    const lane = this.#lanes.get(copy.destination) ?? { waiting: [], running: 0 };
    lane.waiting.push(copy);
    this.#lanes.set(copy.destination, lane);
    this.#waiting++;
  }

  /** Keeps room for one that comes soon, unless its destination has enough waiting. */
  reserve(destination: string): boolean {
    if (this.#isFull(destination)) return false;
    this.#reserved.set(destination, (this.#reserved.get(destination) ?? 0) + 1);
    return true;
  }

  unreserve(destination: string): void {
    const left = (this.#reserved.get(destination) ?? 0) - 1;
    if (left > 0) this.#reserved.set(destination, left);
    else this.#reserved.delete(destination);
  }

  /** The next copy that may go, which is on its way now; undefined when all must wait. */
  next(): T | undefined {
    const { total, perDestination, bytes } = this.#limits;
    if (this.#running >= total) return undefined;
    for (const [destination, lane] of this.#lanes) {
      const [copy] = lane.waiting;
      if (copy === undefined || lane.running >= perDestination) continue;
      // Nobody overtakes a large one, or it would never go.
      if (this.#running > 0 && this.#bytes + copy.sizeBytes > bytes) return undefined;
      lane.waiting.shift();
      lane.running++;
      this.#waiting--;
      this.#running++;
      this.#bytes += copy.sizeBytes;
      this.#lanes.delete(destination);
      this.#lanes.set(destination, lane);
      return copy;
    }
    return undefined;
  }

  /** A copy that `next` gave has arrived, or not. */
  done({ destination, sizeBytes }: T): void {
    this.#running--;
    this.#bytes -= sizeBytes;
    const lane = this.#lanes.get(destination);
    if (lane === undefined) return;
    lane.running--;
    if (lane.running === 0 && lane.waiting.length === 0) this.#lanes.delete(destination);
  }

  /** Destinations that need no further copies for now. */
  full(): string[] {
    return [...this.#lanes.keys()].filter((destination) => this.#isFull(destination));
  }

  /** Empties the lanes of all that waits. */
  clear(): T[] {
    const left = [...this.#lanes.values()].flatMap((lane) => lane.waiting.splice(0));
    this.#waiting = 0;
    for (const [destination, { running }] of this.#lanes) {
      if (running === 0) this.#lanes.delete(destination);
    }
    return left;
  }

  #isFull(destination: string): boolean {
    const waiting = this.#lanes.get(destination)?.waiting.length ?? 0;
    const coming = this.#reserved.get(destination) ?? 0;
    return waiting + coming >= this.#limits.perDestination * WAITING_FOR_A_PLACE;
  }
}
