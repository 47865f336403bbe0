import { isAscii } from 'node:buffer';
import { lineEndOf, type ByteEdit, type EncodedBody, type OpenedPart, type RawEdit } from './encoded-body.ts';

/** RFC 5322 §2.1.1, without the line end. */
export const LONGEST_LINE = 998;

/** 7bit, 8bit and binary: the bytes stand for themselves. */
export function openUnencoded(body: EncodedBody): OpenedPart {
  const latin1 = body.encoded.toString('latin1');
  return {
    latin1,
    isAscii: isAscii(body.encoded),
    encode: (edits) => new LineKeeper(latin1, lineEndOf(body)).encode(edits),
  };
}

/** Puts changes in, and breaks lines inside tags where they would get longer than a mail's lines may be. */
class LineKeeper {
  readonly #text: string;
  readonly #lineEnd: string;
  readonly #raw: RawEdit[] = [];
  /** Length so far of the line that is being written, up to `#position`. */
  #column = 0;
  #position = 0;
  /** The first line feed at or behind `#position`. */
  #newline: number;

  constructor(text: string, lineEnd: string) {
    this.#text = text;
    this.#lineEnd = lineEnd;
    this.#newline = this.#newlineFrom(0);
  }

  encode(edits: readonly ByteEdit[]): RawEdit[] {
    for (const [index, edit] of edits.entries()) this.#put(edit, edits[index + 1]);
    return this.#raw;
  }

  #put(edit: ByteEdit, next: ByteEdit | undefined): void {
    this.#advance(edit.start);
    const column = this.#column;
    this.#position = edit.end;
    if (this.#newline < edit.end) this.#newline = this.#newlineFrom(edit.end);
    const tail = this.#tail(next);
    const { length } = edit.text;
    this.#column += length;
    if (length === 0 || this.#column + tail <= LONGEST_LINE) this.#replace(edit.start, edit.end, edit.text);
    else if (edit.breakBefore === undefined) this.#putFolded(edit, column, tail);
    else this.#putBroken(edit, column, tail);
  }

  /** An attribute's value: the line may be broken before the attribute and behind it. */
  #putBroken(
    { start, end, text, breakBefore = start, breakAfter }: ByteEdit,
    column: number,
    tail: number,
  ): void {
    const behind = breakAfter === undefined ? tail : breakAfter - end;
    if (column + text.length + behind > LONGEST_LINE) {
      const blank = this.#text[breakBefore - 1] === ' ' ? 1 : 0;
      this.#replace(breakBefore - blank, breakBefore, this.#lineEnd);
      this.#column = start - breakBefore + text.length;
    }
    this.#replace(start, end, text);
    if (breakAfter === undefined || this.#column + tail <= LONGEST_LINE) return;
    this.#position = breakAfter + (this.#text[breakAfter] === ' ' ? 1 : 0);
    this.#replace(breakAfter, this.#position, this.#lineEnd);
    this.#column = 0;
  }

  /** Markup of our own: each blank before an attribute can be a line end. */
  #putFolded({ start, end, text: markup }: ByteEdit, column: number, tail: number): void {
    let line = column;
    let text = '';
    // Only at the end of a document without end tags can a line be so full; white space is nothing there.
    if (line + markup.indexOf(' ') > LONGEST_LINE) {
      text = this.#lineEnd;
      line = 0;
    }
    const pieces = markup.split(BEFORE_ATTRIBUTE);
    for (const [index, piece] of pieces.entries()) {
      const rest = index === pieces.length - 1 ? tail : 0;
      if (index > 0 && line + 1 + piece.length + rest > LONGEST_LINE) {
        text += this.#lineEnd + piece;
        line = piece.length;
      } else {
        text += (index > 0 ? ' ' : '') + piece;
        line += piece.length + (index > 0 ? 1 : 0);
      }
    }
    this.#replace(start, end, text);
    this.#column = line;
  }

  #replace(start: number, end: number, text: string): void {
    this.#raw.push({ start, end, text });
  }

  /** Moves over unchanged bytes; each is looked at once, however long the lines are. */
  #advance(to: number): void {
    let last = -1;
    while (this.#newline < to) {
      last = this.#newline;
      this.#newline = this.#newlineFrom(last + 1);
    }
    if (last === -1) this.#column += to - this.#position;
    else this.#column = to - last - 1;
    this.#position = to;
  }

  #newlineFrom(position: number): number {
    const found = this.#text.indexOf('\n', position);
    return found === -1 ? Infinity : found;
  }

  /** Unchanged bytes from here to the line's end, or to where the next edit can break the line. */
  #tail(next: ByteEdit | undefined): number {
    let end = Math.min(this.#newline, this.#text.length);
    if (end > this.#position && this.#text[end - 1] === '\r') end -= 1;
    if (next !== undefined) end = Math.min(end, next.breakBefore ?? next.start);
    return end - this.#position;
  }
}

const BEFORE_ATTRIBUTE = / (?=[a-z-]+=")/;
