import type { ReasonCode } from './reasons.ts';
import { lineEndOf, type ByteEdit, type EncodedBody, type OpenedPart, type RawEdit } from './encoded-body.ts';

/** RFC 2045 §6.7, rule 5: with the `=` of a soft line break. */
const LONGEST_LINE = 76;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DASH = 0x2d;
const DOT = 0x2e;
const EQUALS = 0x3d;

/** Where each line of the encoded text begins, encoded and decoded. */
interface Lines {
  raw: number[];
  decoded: number[];
}

const NEVER = Infinity;

/** Quoted-printable (RFC 2045 §6.7), read as leniently as mail programs do: what is no code stands for itself. */
export function openQuotedPrintable(body: EncodedBody): OpenedPart | ReasonCode {
  const { encoded } = body;
  const end = encoded.length;
  const bytes = Buffer.allocUnsafe(end);
  const lines: Lines = { raw: [], decoded: [] };
  let length = 0;
  let position = 0;
  while (position < end) {
    lines.raw.push(position);
    lines.decoded.push(length);
    const newline = encoded.indexOf(LF, position);
    const lineEnd = newline === -1 ? end : newline + 1;
    length = decodeLine(encoded, position, lineEnd, bytes, length);
    position = lineEnd;
  }
  if (end === 0 || encoded[end - 1] === LF) {
    lines.raw.push(end);
    lines.decoded.push(length);
  }
  return { bytes: bytes.subarray(0, length), encode: (edits) => new Splicer(body, lines).encode(edits) };
}

/** One line, without its end, encoded: several where it is long. @param lineEnd of soft line breaks */
export function toQuotedPrintable(line: Buffer, lineEnd: '\r\n' | '\n'): string {
  const empty = { encoded: Buffer.alloc(0), lineEnd };
  const edit = { start: 0, end: 0, text: line.toString('latin1') };
  return new Splicer(empty, { raw: [0], decoded: [0] })
    .encode([edit])
    .map(({ text }) => text)
    .join('');
}

/** @param lineEnd behind the line's end @returns the length of the decoded text so far */
function decodeLine(encoded: Buffer, start: number, lineEnd: number, into: Buffer, length: number): number {
  const textEnd = contentEnd(encoded, start, lineEnd);
  const soft = textEnd > start && encoded[textEnd - 1] === EQUALS;
  let written = copyDecoded(encoded, start, soft ? textEnd - 1 : textEnd, into, length);
  if (soft) return written;
  for (let position = withoutLineEnd(encoded, start, lineEnd); position < lineEnd; position += 1) {
    into[written] = encoded[position] ?? 0;
    written += 1;
  }
  return written;
}

function copyDecoded(encoded: Buffer, start: number, end: number, into: Buffer, length: number): number {
  let written = length;
  let position = start;
  while (position < end) {
    const byte = encoded[position] ?? 0;
    const code = byte === EQUALS ? hexPair(encoded, position + 1, end) : -1;
    into[written] = code === -1 ? byte : code;
    written += 1;
    position += code === -1 ? 1 : 3;
  }
  return written;
}

function hexPair(encoded: Buffer, position: number, end: number): number {
  if (position + 2 > end) return -1;
  const high = hexDigit(encoded[position] ?? 0);
  const low = hexDigit(encoded[position + 1] ?? 0);
  return high === -1 || low === -1 ? -1 : high * 16 + low;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function withoutLineEnd(encoded: Buffer, start: number, lineEnd: number): number {
  let end = lineEnd;
  if (end > start && encoded[end - 1] === LF) end -= 1;
  if (end > start && end < lineEnd && encoded[end - 1] === CR) end -= 1;
  return end;
}

/** Blanks at a line's end were added on the way and do not count (rule 3). */
function contentEnd(encoded: Buffer, start: number, lineEnd: number): number {
  let end = withoutLineEnd(encoded, start, lineEnd);
  while (end > start && (encoded[end - 1] === SPACE || encoded[end - 1] === TAB)) end -= 1;
  return end;
}

interface Place {
  start: number;
  end: number;
}

/** Finds decoded offsets, asked for in order, in the encoded text. Each byte is looked at once. */
class OffsetFinder {
  readonly #encoded: Buffer;
  readonly #lines: Lines;
  #line = -1;
  #position = 0;
  #decoded = 0;
  #textEnd = 0;

  constructor({ encoded }: EncodedBody, lines: Lines) {
    this.#encoded = encoded;
    this.#lines = lines;
  }

  /** Of several places the last one, behind a soft line break. */
  find(offset: number): number {
    const { raw, decoded } = this.#lines;
    let line = Math.max(this.#line, 0);
    while ((decoded[line + 1] ?? NEVER) <= offset) line += 1;
    if (line !== this.#line) this.#enter(line, raw[line] ?? this.#encoded.length, decoded[line] ?? 0);
    while (this.#decoded < offset && this.#position < this.#encoded.length) this.#step();
    return this.#position;
  }

  #enter(line: number, position: number, decoded: number): void {
    this.#line = line;
    this.#position = position;
    this.#decoded = decoded;
    this.#textEnd = contentEnd(this.#encoded, position, this.#lines.raw[line + 1] ?? this.#encoded.length);
  }

  #step(): void {
    const encoded = this.#encoded;
    const coded =
      encoded[this.#position] === EQUALS && hexPair(encoded, this.#position + 1, this.#textEnd) !== -1;
    // Blanks at the end stand for nothing; behind them comes the line end.
    if (this.#position === this.#textEnd) {
      this.#position = withoutLineEnd(
        encoded,
        this.#position,
        this.#lines.raw[this.#line + 1] ?? this.#encoded.length,
      );
    }
    this.#position += coded ? 3 : 1;
    this.#decoded += 1;
  }
}

/** Writes changes into the encoded lines, with soft line breaks where a line gets too long. */
class Splicer {
  readonly #encoded: Buffer;
  readonly #lines: Lines;
  readonly #finder: OffsetFinder;
  readonly #softBreak: string;
  /** The encoded line that is being worked on: its index, start and end without blanks and line end. */
  #line = -1;
  #lineStart = 0;
  #lineEnd = 0;
  /** Behind the last edit, and the column its text ended at. */
  #position = -1;
  #column = 0;

  constructor(body: EncodedBody, lines: Lines) {
    this.#encoded = body.encoded;
    this.#lines = lines;
    this.#finder = new OffsetFinder(body, lines);
    this.#softBreak = `=${lineEndOf(body)}`;
  }

  encode(edits: readonly ByteEdit[]): RawEdit[] {
    const places = edits.map(({ start, end }) => ({
      start: this.#finder.find(start),
      end: this.#finder.find(end),
    }));
    return edits.map((edit, index) => {
      const place = places[index] ?? { start: this.#encoded.length, end: this.#encoded.length };
      return this.#splice(place, edit.text, places[index + 1]?.start ?? NEVER);
    });
  }

  #splice(place: Place, text: string, next: number): RawEdit {
    this.#goTo(place.start);
    const lineStart = this.#lineStart;
    const sameLine = this.#position >= lineStart;
    const column = sameLine ? this.#column + (place.start - this.#position) : place.start - lineStart;
    this.#goTo(place.end);
    const atLineEnd = place.end === this.#lineEnd;
    const blank = atLineEnd && text === '' ? this.#blankBefore(place.start, lineStart) : undefined;
    const written = this.#write(blank ?? text, blank === undefined ? column : column - 1, atLineEnd);
    // The next edit on this line breaks it itself, right before what it writes.
    const tail = next <= this.#lineEnd ? next - place.end + 1 : this.#lineEnd - place.end;
    const edit = { start: blank === undefined ? place.start : place.start - 1, end: place.end };
    if (written.column > 0 && written.column + tail > LONGEST_LINE) {
      written.text += this.#softBreak;
      written.column = 0;
      // Two dashes at a line's start could be a boundary.
      if (this.#encoded[place.end] === DASH) {
        written.text += '=2D';
        written.column = 3;
        edit.end += 1;
      }
    }
    this.#position = edit.end;
    this.#column = written.column;
    return { ...edit, text: written.text };
  }

  /** A blank that was inside a line must not come to stand at its end, where it would be dropped. */
  #blankBefore(position: number, lineStart: number): string | undefined {
    const inside = position > this.#position && position > lineStart;
    const byte = inside ? this.#encoded[position - 1] : undefined;
    return byte === SPACE ? ' ' : byte === TAB ? '\t' : undefined;
  }

  /** Encodes a text in pieces that fit their lines. @param column where it begins */
  #write(text: string, column: number, atLineEnd: boolean): { text: string; column: number } {
    const codes = encodeText(text, atLineEnd);
    let written = '';
    let position = 0;
    let at = column;
    while (position < codes.length) {
      if (at === 0) {
        // A dash or dot in front could make the line a boundary or the end of the mail.
        const first = codes.charCodeAt(position);
        if (first === DASH || first === DOT) {
          written += first === DASH ? '=2D' : '=2E';
          at = 3;
          position += 1;
        }
      }
      const end = pieceEnd(codes, position, LONGEST_LINE - 1 - at);
      written += codes.slice(position, end);
      at += end - position;
      position = end;
      if (position < codes.length) {
        written += this.#softBreak;
        at = 0;
      }
    }
    return { text: written, column: at };
  }

  /** Enters the encoded line that holds a position. Positions come in order. */
  #goTo(position: number): void {
    const { raw } = this.#lines;
    let line = Math.max(this.#line, 0);
    while ((raw[line + 1] ?? NEVER) <= position) line += 1;
    if (line === this.#line) return;
    this.#line = line;
    this.#lineStart = raw[line] ?? this.#encoded.length;
    this.#lineEnd = contentEnd(this.#encoded, this.#lineStart, raw[line + 1] ?? this.#encoded.length);
  }
}

/** Blanks stay where more follows on their line; the last one of a line would be dropped (rule 3). */
function encodeText(text: string, atLineEnd: boolean): string {
  // oxlint-disable-next-line no-control-regex -- all but printable ASCII is encoded
  const codes = /[=\0-\x1f\x7f-\xff]/.test(text) ? text.replaceAll(/[=\0-\x1f\x7f-\xff]/g, toCode) : text;
  return atLineEnd && codes.endsWith(' ') ? `${codes.slice(0, -1)}=20` : codes;
}

function toCode(character: string): string {
  return `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** The end of a piece of at most `room` characters that cuts no code in two. */
function pieceEnd(codes: string, start: number, room: number): number {
  const end = start + Math.max(0, room);
  if (end >= codes.length) return codes.length;
  if (end > start && codes.charCodeAt(end - 1) === EQUALS) return end - 1;
  return end - 1 > start && codes.charCodeAt(end - 2) === EQUALS ? end - 2 : end;
}
