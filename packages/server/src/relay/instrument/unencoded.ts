import {
  lineEndOf,
  type ByteEdit,
  type EncodedBody,
  type OpenedPart,
  type RawEdit,
} from './transfer-coding.ts';

/** RFC 5322 §2.1.1, without the line end. */
export const LONGEST_LINE = 998;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/** 7bit, 8bit and binary: the bytes stand for themselves. */
export function openUnencoded(body: EncodedBody): OpenedPart {
  const bytes = body.message.subarray(body.start, body.end);
  return { bytes, encode: (edits) => new LineKeeper(body, bytes).encode(edits) };
}

/** Puts changes in, and breaks lines inside tags where they would get longer than a mail's lines may be. */
class LineKeeper {
  readonly #bytes: Buffer;
  readonly #offset: number;
  readonly #lineEnd: Buffer;
  /** Length so far of the line that is being written, up to `#position`. */
  #column = 0;
  #position = 0;

  constructor({ message, start, end, lineEnd }: EncodedBody, bytes: Buffer) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#lineEnd = Buffer.from(lineEndOf(message, start, end) ?? lineEnd, 'latin1');
  }

  encode(edits: readonly ByteEdit[]): RawEdit[] {
    return edits.flatMap((edit, index) => this.#one(edit, edits[index + 1]));
  }

  #one(edit: ByteEdit, next: ByteEdit | undefined): RawEdit[] {
    const raw: RawEdit[] = [];
    const { breakBefore = -1, breakAfter } = edit;
    const tail = this.#tail(edit, next);
    const { length } = edit.bytes;
    this.#advance(edit.start);
    const over = (column: number, rest: number): boolean => column + length + rest > LONGEST_LINE;
    let { bytes } = edit;
    if (length === 0 || !over(this.#column, tail)) this.#column += length;
    else if (breakBefore === -1)
      ({ bytes, column: this.#column } = this.#fold(edit.bytes, this.#column, tail));
    else {
      const kept = edit.start - breakBefore;
      const attribute = breakAfter === undefined ? tail : breakAfter - edit.end;
      if (over(this.#column, attribute)) {
        const blank = this.#bytes[breakBefore - 1] === SPACE ? 1 : 0;
        raw.push(this.#lineBreak(breakBefore - blank, breakBefore));
        this.#column = kept;
      }
      this.#column += length;
    }
    raw.push({ start: this.#offset + edit.start, end: this.#offset + edit.end, bytes });
    this.#position = edit.end;
    if (breakAfter !== undefined && length > 0 && this.#column + tail > LONGEST_LINE) {
      this.#position = breakAfter + (this.#bytes[breakAfter] === SPACE ? 1 : 0);
      raw.push(this.#lineBreak(breakAfter, this.#position));
      this.#column = 0;
    }
    return raw;
  }

  /** A line end inside a tag, instead of the blank there. */
  #lineBreak(start: number, end: number): RawEdit {
    return { start: this.#offset + start, end: this.#offset + end, bytes: this.#lineEnd };
  }

  /** Moves over unchanged bytes; each is looked at once, however long the lines are. */
  #advance(to: number): void {
    const newline = this.#bytes.subarray(this.#position, to).lastIndexOf(LF);
    if (newline === -1) this.#column += to - this.#position;
    else this.#column = to - (this.#position + newline + 1);
    this.#position = to;
  }

  /** Unchanged bytes behind an edit, up to the line's end or to where the next edit can break the line. */
  #tail({ end: start }: ByteEdit, next: ByteEdit | undefined): number {
    const rest = this.#bytes.subarray(start, start + LONGEST_LINE + 2);
    let length = rest.indexOf(LF);
    if (length === -1) ({ length } = rest);
    else if (length > 0 && rest[length - 1] === CR) length -= 1;
    return next === undefined ? length : Math.min(length, (next.breakBefore ?? next.start) - start);
  }

  /**
   * Markup of our own, on lines of its own: each blank between attributes can be a line end. The first one is, and the
   * last one too when what follows is long.
   */
  #fold(markup: Buffer, column: number, tail: number): { bytes: Buffer; column: number } {
    const text = markup.toString('latin1');
    const pieces: string[] = [];
    let line = column;
    // Only at the end of a document without end tags can a line be so full; white space is nothing there.
    if (line + text.indexOf(' ') > LONGEST_LINE) {
      pieces.push(this.#lineEnd.toString('latin1'));
      line = 0;
    }
    let first = true;
    for (const piece of text.split(TAG_BLANK)) {
      if (!first && line + 1 + piece.length > LONGEST_LINE) {
        pieces.push(this.#lineEnd.toString('latin1'), piece);
        line = piece.length;
      } else {
        pieces.push(first ? '' : ' ', piece);
        line += piece.length + (first ? 0 : 1);
      }
      first = false;
    }
    if (line + tail > LONGEST_LINE && pieces.length > 2) {
      pieces[pieces.length - 2] = this.#lineEnd.toString('latin1');
      line = pieces.at(-1)?.length ?? 0;
    }
    return { bytes: Buffer.from(pieces.join(''), 'latin1'), column: line };
  }
}

/** A blank before an attribute. */
const TAG_BLANK = / (?=[a-z-]+=")/;
