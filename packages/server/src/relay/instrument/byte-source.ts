/** A message's bytes, wherever they are: in memory, or in a file when memory should not hold them all. */
export interface ByteSource {
  readonly length: number;
  /** -1 behind the end. */
  at(position: number): number;
  /**
   * Where a byte or some characters (one per byte) come first at or behind `from`, and wholly before `to`; -1 for
   * nowhere.
   */
  indexOf(wanted: number | string, from: number, to?: number): number;
  /** A range, one character per byte. */
  text(start: number, end: number): string;
  /** A range that stays as it is; of bytes in memory no copy. */
  slice(start: number, end: number): Buffer;
  /** A range in pieces, none of them a copy that stays: each is good until the next is asked for. */
  pieces(start: number, end: number): Iterable<Buffer>;
}

/** Headers and bodies of most mails lie within one window. */
const TEXT_WINDOW = 64 * 1024;

export class MemoryBytes implements ByteSource {
  readonly length: number;
  readonly #bytes: Buffer;
  /**
   * A stretch of the message as text. Thousands of short texts are asked for, most beside each other: a piece of a string
   * costs a tenth of one made from bytes.
   */
  #text = '';
  #textStart = 0;
  #textEnd = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.length = bytes.length;
  }

  at(position: number): number {
    return this.#bytes[position] ?? -1;
  }

  indexOf(wanted: number | string, from: number, to?: number): number {
    if (to !== undefined) {
      // Bounded, or many short ranges would each be searched to the message's end.
      const found = search(this.#bytes.subarray(from, to), wanted, 0);
      return found === -1 ? -1 : found + from;
    }
    if (from < this.#textStart || from >= this.#textEnd) return search(this.#bytes, wanted, from);
    const characters = typeof wanted === 'number' ? String.fromCharCode(wanted) : wanted;
    const found = this.#text.indexOf(characters, from - this.#textStart);
    if (found !== -1) return found + this.#textStart;
    // What begins at the stretch's end may go on behind it.
    const next = Math.max(from, this.#textEnd - characters.length + 1);
    return next >= this.length ? -1 : search(this.#bytes, wanted, next);
  }

  text(start: number, end: number): string {
    const to = Math.min(end, this.length);
    if (to <= start) return '';
    if (start < this.#textStart || to > this.#textEnd) {
      if (to - start > TEXT_WINDOW) return this.#bytes.toString('latin1', start, to);
      this.#textStart = start;
      this.#textEnd = Math.min(start + TEXT_WINDOW, this.length);
      this.#text = this.#bytes.toString('latin1', start, this.#textEnd);
    }
    return this.#text.slice(start - this.#textStart, to - this.#textStart);
  }

  slice(start: number, end: number): Buffer {
    return this.#bytes.subarray(start, end);
  }

  *pieces(start: number, end: number): Generator<Buffer> {
    if (end > start) yield this.#bytes.subarray(start, end);
  }
}

function search(bytes: Buffer, wanted: number | string, from: number): number {
  return typeof wanted === 'number' ? bytes.indexOf(wanted, from) : bytes.indexOf(wanted, from, 'latin1');
}

const WINDOW_BYTES = 128 * 1024;
/** Kept in front of what is asked for: whoever reads a line looks back at what ended the one before. */
const LOOK_BACK = 1_024;

/** Fills a buffer from a position on; there are as many bytes as asked for. */
export type ReadBytes = (into: Buffer, position: number) => void;

/** Bytes that are read as they are needed, through one window that goes along. */
export class WindowedBytes implements ByteSource {
  readonly length: number;
  readonly #read: ReadBytes;
  readonly #window: Buffer;
  readonly #lookBack: number;
  #start = 0;
  #end = 0;

  constructor(length: number, read: ReadBytes, windowBytes = WINDOW_BYTES) {
    this.length = length;
    this.#read = read;
    this.#window = Buffer.alloc(Math.min(windowBytes, length));
    this.#lookBack = Math.min(LOOK_BACK, windowBytes >> 2);
  }

  at(position: number): number {
    if (position < 0 || position >= this.length) return -1;
    this.#show(position, position + 1);
    return this.#window[position - this.#start] ?? -1;
  }

  indexOf(wanted: number | string, from: number, to = this.length): number {
    const size = typeof wanted === 'number' ? 1 : wanted.length;
    const last = Math.min(to, this.length) - size;
    let position = Math.max(0, from);
    while (position <= last) {
      this.#show(position, position + size);
      const end = Math.min(this.#end, last + size);
      const found = search(this.#window.subarray(position - this.#start, end - this.#start), wanted, 0);
      if (found !== -1) return position + found;
      // What begins at the window's end may go on behind it.
      position = end - size + 1;
    }
    return -1;
  }

  text(start: number, end: number): string {
    return this.slice(start, end).toString('latin1');
  }

  slice(start: number, end: number): Buffer {
    const from = Math.min(Math.max(0, start), this.length);
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(end, this.length) - from));
    if (bytes.length > this.#window.length - this.#lookBack) this.#read(bytes, from);
    else if (bytes.length > 0) {
      this.#show(from, from + bytes.length);
      this.#window.copy(bytes, 0, from - this.#start, from - this.#start + bytes.length);
    }
    return bytes;
  }

  *pieces(start: number, end: number): Generator<Buffer> {
    let position = start;
    while (position < end) {
      this.#show(position, position + 1);
      const piece = this.#window.subarray(position - this.#start, Math.min(end, this.#end) - this.#start);
      position += piece.length;
      yield piece;
    }
  }

  /** Moves the window to a range, which is no longer than it. */
  #show(from: number, to: number): void {
    if (from >= this.#start && to <= this.#end) return;
    const latest = this.length - this.#window.length;
    this.#start = Math.min(Math.max(0, from - this.#lookBack), latest);
    this.#end = this.#start + this.#window.length;
    this.#read(this.#window, this.#start);
  }
}
