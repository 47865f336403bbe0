import { isAscii } from 'node:buffer';
import type { ReasonCode } from './reasons.ts';
import { scratchFor } from './scratch.ts';
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
  const { length } = encoded;
  const lines: Lines = { raw: [0], decoded: [0] };
  // The encoded text with a line end behind it, so that its end need not be looked for, and room for the decoded one.
  const bytes = scratchFor(2 * (length + GUARD));
  bytes.set(encoded);
  bytes[length] = LF;
  bytes[length + 1] = 0;
  const start = length + GUARD;
  const decoded = bytes.subarray(start, start + decode(bytes, length, lines));
  return {
    latin1: decoded.toString('latin1'),
    isAscii: isAscii(decoded),
    encode: (edits) => new Splicer(body, lines).encode(edits),
  };
}

/** Bytes between the encoded and the decoded text. */
const GUARD = 2;

/**
 * Decodes what stands in front of {@link GUARD} bytes to where it is written, behind them.
 *
 * @returns the length of what was written
 */
function decode(bytes: Buffer, length: number, { raw, decoded }: Lines): number {
  const start = (length + GUARD) | 0;
  let position = 0;
  let written = start;
  for (;;) {
    let byte = bytes[position] ?? 0;
    // Most of a text stands for itself.
    while (byte !== EQUALS && byte !== LF) {
      bytes[written] = byte;
      written = (written + 1) | 0;
      position = (position + 1) | 0;
      byte = bytes[position] ?? 0;
    }
    position = (position + 1) | 0;
    if (byte === EQUALS) {
      const code = hexPair(bytes, position);
      bytes[written] = code === -1 ? EQUALS : code;
      written = (written + 1) | 0;
      if (code !== -1) position = (position + 2) | 0;
    } else if (position > length) break;
    else {
      written = endLine(bytes, position - 1, written);
      raw.push(position);
      decoded.push(written - start);
    }
  }
  if (length === 0 || bytes[length - 1] === LF) return written - start;
  const { blanks, soft } = lineEnding(bytes, length);
  return written - start - blanks - (soft ? 1 : 0);
}

/** Puts a line's end behind its text, unless it is a soft one. @returns where writing goes on */
function endLine(bytes: Buffer, newline: number, written: number): number {
  const crlf = newline > 0 && bytes[newline - 1] === CR;
  const textEnd = crlf ? newline - 1 : newline;
  const { blanks, soft } = lineEnding(bytes, textEnd);
  let end = written - (crlf ? 1 : 0) - blanks;
  if (soft) return end - 1;
  if (crlf) bytes[end++] = CR;
  bytes[end++] = LF;
  return end;
}

/**
 * Blanks at a line's end were added on the way and do not count (rule 3); an equals sign before them makes it go on.
 *
 * @param end of the line's characters, which all stand for themselves there
 */
function lineEnding(encoded: Buffer, end: number): { blanks: number; soft: boolean } {
  let blanks = 0;
  while (isBlank(encoded[end - 1 - blanks])) blanks += 1;
  return { blanks, soft: encoded[end - 1 - blanks] === EQUALS };
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

/** Encoded it is the same: printable, short enough, and it neither begins a boundary or the end of a mail nor ends with a blank. */
const PLAIN_LINE = /^(?![-.])(?:[ -<>-~]{0,74}[!-<>-~])?$/;

/** One line, without its end, encoded as UTF-8: several where it is long. @param lineEnd of soft line breaks */
export function toQuotedPrintable(line: string, lineEnd: '\r\n' | '\n'): string {
  if (PLAIN_LINE.test(line)) return line;
  const empty = { encoded: Buffer.alloc(0), lineEnd };
  const edit = { start: 0, end: 0, text: Buffer.from(line).toString('latin1') };
  return new Splicer(empty, { raw: [0], decoded: [0] })
    .encode([edit])
    .map(({ text }) => text)
    .join('');
}

/** The byte that two hexadecimal digits stand for, in either case; -1 when they are none. */
function hexPair(encoded: Buffer, position: number): number {
  const high = HEX_DIGITS[encoded[position] ?? 0] ?? -1;
  const low = HEX_DIGITS[encoded[position + 1] ?? 0] ?? -1;
  return high === -1 || low === -1 ? -1 : high * 16 + low;
}

const HEX_DIGITS = hexDigits();

function hexDigits(): Int8Array {
  const digits = new Int8Array(256).fill(-1);
  for (const [value, digit] of Array.from('0123456789abcdef').entries()) {
    digits[digit.charCodeAt(0)] = value;
    digits[digit.toUpperCase().charCodeAt(0)] = value;
  }
  return digits;
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
    this.#walk(offset);
    while (this.#decoded < offset && this.#position < this.#encoded.length) this.#stepAtEnd();
    return this.#position;
  }

  /** Goes on through the line's text, up to its end. */
  #walk(offset: number): void {
    const encoded = this.#encoded;
    const end = this.#textEnd;
    let position = this.#position;
    let decoded = this.#decoded;
    while (decoded < offset && position < end) {
      position += encoded[position] === EQUALS && hexPair(encoded, position + 1) !== -1 ? 3 : 1;
      decoded += 1;
    }
    this.#position = position;
    this.#decoded = decoded;
  }

  #enter(line: number, position: number, decoded: number): void {
    this.#line = line;
    this.#position = position;
    this.#decoded = decoded;
    this.#textEnd = contentEnd(this.#encoded, position, this.#lines.raw[line + 1] ?? this.#encoded.length);
  }

  #stepAtEnd(): void {
    // Blanks at the end stand for nothing; behind them comes the line end.
    if (this.#position === this.#textEnd) {
      this.#position = withoutLineEnd(
        this.#encoded,
        this.#position,
        this.#lines.raw[this.#line + 1] ?? this.#encoded.length,
      );
    }
    this.#position += 1;
    this.#decoded += 1;
  }
}

/** `=3D` */
const CODE_LENGTH = 3;

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
    const places = edits.map(({ start, end, text }): RawEdit => {
      const found = this.#finder.find(start);
      return { start: found, end: this.#finder.find(end), text };
    });
    for (const [index, place] of places.entries()) this.#splice(place, places[index + 1]?.start ?? NEVER);
    return places;
  }

  /** Makes of a change with its place in the encoded text what is written there. @param next where the next one is */
  #splice(edit: RawEdit, next: number): void {
    const { start, end, text } = edit;
    this.#goTo(start);
    const lineStart = this.#lineStart;
    const sameLine = this.#position >= lineStart;
    const column = sameLine ? this.#column + (start - this.#position) : start - lineStart;
    this.#goTo(end);
    const atLineEnd = end === this.#lineEnd;
    const blank = atLineEnd && text === '' ? this.#blankBefore(start, lineStart) : undefined;
    if (blank !== undefined) edit.start -= 1;
    edit.text = this.#write(blank ?? text, blank === undefined ? column : column - 1, atLineEnd);
    // The next edit on this line breaks it itself, right before what it writes.
    this.#breakBefore(edit, next <= this.#lineEnd ? next - end + 1 : this.#lineEnd - end);
    this.#position = edit.end;
  }

  /** Breaks the line behind what was written, when what follows on it does not fit. @param tail its length */
  #breakBefore(edit: RawEdit, tail: number): void {
    for (let rest = tail; this.#column > 0 && this.#column + rest > LONGEST_LINE; rest -= 1) {
      edit.text += this.#softBreak;
      this.#column = 0;
      // Two dashes at a line's start could be a boundary. Encoded it takes more room, and the line may be full again.
      if (this.#encoded[edit.end] !== DASH) return;
      edit.text += '=2D';
      this.#column = 3;
      edit.end += 1;
    }
  }

  /** A blank that was inside a line must not come to stand at its end, where it would be dropped. */
  #blankBefore(position: number, lineStart: number): string | undefined {
    const inside = position > this.#position && position > lineStart;
    const byte = inside ? this.#encoded[position - 1] : undefined;
    return byte === SPACE ? ' ' : byte === TAB ? '\t' : undefined;
  }

  /** Encodes a text in pieces that fit their lines; `#column` is where it ends. @param column where it begins */
  #write(text: string, column: number, atLineEnd: boolean): string {
    const codes = encodeText(text, atLineEnd);
    const { length } = codes;
    let written = '';
    let position = 0;
    let code = codes.indexOf('=');
    this.#column = column;
    while (position < length) {
      if (this.#column === 0) {
        // A dash or dot in front could make the line a boundary or the end of the mail.
        const first = codes.charCodeAt(position);
        if (first === DASH || first === DOT) {
          written += first === DASH ? '=2D' : '=2E';
          this.#column = 3;
          position += 1;
        }
      }
      if (code !== -1 && code < position) code = codes.indexOf('=', position);
      const isCode = code === position;
      const room = LONGEST_LINE - 1 - this.#column;
      const end = isCode ? position + CODE_LENGTH : code === -1 ? length : code;
      const fits = isCode
        ? room < CODE_LENGTH
          ? position
          : end
        : Math.min(end, position + Math.max(0, room));
      written += codes.slice(position, fits);
      this.#column += fits - position;
      position = fits;
      if (fits < end) {
        written += this.#softBreak;
        this.#column = 0;
      }
    }
    return written;
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
  const isPrintable = !/[\0-\x1f\x7f-\xff]/.test(text);
  // oxlint-disable-next-line no-control-regex -- the same
  const codes = isPrintable ? text.replaceAll('=', '=3D') : text.replaceAll(/[=\0-\x1f\x7f-\xff]/g, toCode);
  return atLineEnd && codes.endsWith(' ') ? `${codes.slice(0, -1)}=20` : codes;
}

function toCode(character: string): string {
  return `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
