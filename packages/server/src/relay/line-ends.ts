import { AppError } from '../kernel/errors.ts';

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;

export type LineEndTrouble = 'bare-cr' | 'bare-lf' | 'nul';

/**
 * Watches a message for what RFC 5321 §2.3.8 forbids: CR or LF that are not a CRLF, and NUL. Two systems that read
 * such a line end differently can be made to see two messages in one (SMTP smuggling), so they are never passed on.
 */
export class LineEndCheck {
  #trouble: LineEndTrouble | undefined;
  #afterCr = false;

  /** The next piece of the message; pieces may be cut anywhere. */
  push(chunk: Uint8Array): void {
    if (this.#trouble !== undefined || chunk.length === 0) return;
    if (this.#afterCr && chunk[0] !== LF) {
      this.#trouble = 'bare-cr';
      return;
    }
    const next = lowBytes(chunk);
    const last = chunk.length - 1;
    let at = next(this.#afterCr ? 1 : 0);
    this.#afterCr = false;
    while (at <= last && this.#trouble === undefined) {
      const byte = chunk[at];
      if (byte === CR) {
        if (at === last) this.#afterCr = true;
        else if (chunk[at + 1] !== LF) this.#trouble = 'bare-cr';
        at = next(at + 2);
        continue;
      }
      if (byte === LF) this.#trouble = 'bare-lf';
      else if (byte === NUL) this.#trouble = 'nul';
      at = next(at + 1);
    }
  }

  /** What is wrong so far. */
  get trouble(): LineEndTrouble | undefined {
    return this.#trouble;
  }

  /** Call it after the last piece. @returns undefined when every line ends properly */
  finish(): LineEndTrouble | undefined {
    return this.#trouble ?? (this.#afterCr ? 'bare-cr' : undefined);
  }
}

/** Bytes of a word, each below the first byte that is none of ours: CR is the largest that matters. */
const ABOVE_CR = 0x0e0e0e0e;
const HIGH_BITS = 0x80808080 | 0;

/**
 * Four bytes at a time: this runs over every mail more than once.
 * @returns what finds the next byte up to CR, or the length
 */
function lowBytes(bytes: Uint8Array): (from: number) => number {
  const { length } = bytes;
  const offset = (4 - (bytes.byteOffset & 3)) & 3;
  const count = Math.max(0, (length - offset) >> 2);
  const words = new Int32Array(bytes.buffer, count === 0 ? 0 : bytes.byteOffset + offset, count);
  const end = offset + count * 4;
  return (from) => {
    let at = from;
    while (at < length) {
      if (at >= offset && at < end && ((at - offset) & 3) === 0) {
        let word = (at - offset) >> 2;
        // Whether a byte of the word is below: Henry S. Warren, Hacker's Delight, 6-1.
        while (word < count) {
          const value = words[word] ?? 0;
          if (((value - ABOVE_CR) & ~value & HIGH_BITS) !== 0) break;
          word++;
        }
        at = offset + word * 4;
        if (at >= length) break;
      }
      const stop = Math.min(length, at + 4 - ((at - offset) & 3));
      for (; at < stop; at++) if ((bytes[at] ?? 0) <= CR) return at;
    }
    return length;
  };
}

/** @returns what is wrong with the line ends of a whole message, or undefined */
export function lineEndTrouble(message: Uint8Array): LineEndTrouble | undefined {
  const check = new LineEndCheck();
  check.push(message);
  return check.finish();
}

export function badLineEnds(): AppError {
  return new AppError(
    'invalid-input',
    'The mail has a bare CR, a bare LF or a NUL byte. Lines must end with CRLF.',
  );
}
