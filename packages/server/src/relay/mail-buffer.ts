const FIRST_BLOCK = 16_384;
const LARGEST_BLOCK = 1_048_576;

/** Bytes of mails that are being received, in all sessions together. */
export class MemoryBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  get leftBytes(): number {
    return this.#left;
  }

  /** @returns false when there is not that much left; nothing is taken then */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/**
 * One mail while it comes in. Pieces are copied into blocks: kept as they are, pieces of a single byte each would hold
 * a hundred times the memory that the budget knows of.
 */
export class MailBuffer {
  readonly #budget: MemoryBudget;
  #blocks: Buffer[] = [];
  /** In the last block. */
  #used = 0;
  #heldBytes = 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** @returns false when the budget is used up; what was held is let go then */
  push(piece: Uint8Array): boolean {
    let rest = piece;
    while (rest.length > 0) {
      const block = this.#roomyBlock();
      if (block === undefined) {
        this.free();
        return false;
      }
      const part = rest.subarray(0, block.length - this.#used);
      block.set(part, this.#used);
      this.#used += part.length;
      rest = rest.subarray(part.length);
    }
    return true;
  }

  /** The whole mail. It counts in the budget until `free`. */
  bytes(): Buffer {
    const last = this.#blocks.at(-1)?.subarray(0, this.#used);
    const whole = last === undefined ? Buffer.alloc(0) : Buffer.concat([...this.#blocks.slice(0, -1), last]);
    this.#blocks = [];
    return whole;
  }

  free(): void {
    this.#budget.give(this.#heldBytes);
    this.#heldBytes = 0;
    this.#blocks = [];
    this.#used = 0;
  }

  #roomyBlock(): Buffer | undefined {
    const last = this.#blocks.at(-1);
    if (last !== undefined && this.#used < last.length) return last;
    const size = Math.min(LARGEST_BLOCK, Math.max(FIRST_BLOCK, this.#heldBytes));
    if (!this.#budget.take(size)) return undefined;
    this.#heldBytes += size;
    const block = Buffer.allocUnsafeSlow(size);
    this.#blocks.push(block);
    this.#used = 0;
    return block;
  }
}
