const MOST_BLOCKS = 1_000;
const LONGEST_BLOCK = 2_048;
/** Different blocks under one key; somebody may make them so. */
const MOST_ALIKE = 8;
/** Bytes of a block that its key is made of. */
const SAMPLES = 32;

interface Known<T> {
  bytes: Buffer;
  value: T;
}

/**
 * What blocks of bytes mean, for blocks that come again and again: a program sends the same header fields with each of
 * its requests, and to compare them takes a tenth of what it takes to read them. At most about 2 MB; then it begins anew.
 */
export class KnownBlocks<T> {
  readonly #known = new Map<number, Known<T>[]>();
  #count = 0;

  /** @returns what all bytes from there on mean; undefined when exactly these were not seen lately */
  get(bytes: Buffer, from: number): T | undefined {
    const alike = this.#known.get(keyOf(bytes, from));
    if (alike === undefined) return undefined;
    for (const { bytes: known, value } of alike) {
      const isSame =
        known.length === bytes.length - from &&
        bytes.compare(known, 0, known.length, from, bytes.length) === 0;
      if (isSame) return value;
    }
    return undefined;
  }

  /** Keeps a copy of them. */
  set(bytes: Buffer, from: number, value: T): void {
    if (bytes.length - from > LONGEST_BLOCK) return;
    if (this.#count >= MOST_BLOCKS) {
      this.#known.clear();
      this.#count = 0;
    }
    const key = keyOf(bytes, from);
    const known = { bytes: Buffer.from(bytes.subarray(from)), value };
    const alike = this.#known.get(key);
    if (alike === undefined) this.#known.set(key, [known]);
    else if (alike.length < MOST_ALIKE) alike.push(known);
    else return;
    this.#count += 1;
  }
}

function keyOf(bytes: Buffer, from: number): number {
  const end = bytes.length;
  const step = Math.max(1, Math.floor((end - from) / SAMPLES));
  let key = end - from;
  for (let at = from; at < end; at += step) key = (Math.imul(key, 31) + (bytes[at] ?? 0)) | 0;
  return key;
}
