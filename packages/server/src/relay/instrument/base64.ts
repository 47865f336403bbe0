import { isAscii } from 'node:buffer';
import type { ReasonCode } from './reasons.ts';
import { scratchFor } from './scratch.ts';
import { lineEndOf, type ByteEdit, type EncodedBody, type OpenedPart, type RawEdit } from './encoded-body.ts';

/** RFC 2045 §6.8. */
const LONGEST_LINE = 76;

const LF = 0x0a;
const CR = 0x0d;
const PAD = 0x3d;

interface Layout {
  /** Characters of a full line, as far as lines are seen: undefined of a single one. */
  lineLength: number | undefined;
  /** Behind the last character or padding. */
  dataEnd: number;
  /** The last line that begins at or before a character, and between two groups of four. */
  lineBefore(character: number): LineStart;
}

interface LineStart {
  start: number;
  charactersBefore: number;
}

/** Base64, read strictly: what programs would decode differently is refused. */
export function openBase64(body: EncodedBody): OpenedPart | ReasonCode {
  const text = body.encoded.toString('latin1');
  const bytes = scratchFor(text.length);
  const written = bytes.write(text, 'base64');
  const layout = evenLayout(text, written) ?? readLayout(body);
  if (layout === undefined) return 'broken-encoding';
  const decoded = bytes.subarray(0, written);
  const latin1 = decoded.toString('latin1');
  return {
    latin1,
    isAscii: isAscii(decoded),
    encode: (edits) => encodeChanged(body, layout, latin1, edits),
  };
}

/**
 * Of lines that are all as long as the first, as nearly all programs write them: no character has to be looked at. The
 * decoder passes over what is none of base64's, and then its result is shorter than it has to be.
 *
 * @param decodedLength what the decoder made of the text
 * @returns undefined when it may be otherwise
 */
function evenLayout(text: string, decodedLength: number): Layout | undefined {
  const newline = text.indexOf('\n');
  const lineEnd = newline > 0 && text.charCodeAt(newline - 1) === CR ? 2 : 1;
  const dataEnd = trimmedLength(text);
  const length = newline === -1 || newline >= dataEnd ? dataEnd : newline + 1 - lineEnd;
  const padAt = text.indexOf('=');
  const end = padAt === -1 ? dataEnd : padAt;
  const stride = length + lineEnd;
  const lines = Math.floor(end / stride);
  const rest = end - lines * stride;
  // Of the other alphabet (RFC 4648 §5), which decoders take as well.
  if (length <= 0 || rest === 0 || rest > length || text.includes('-') || text.includes('_'))
    return undefined;
  const characters = lines * length + rest;
  if (!isPadded(characters, dataEnd - end) || decodedLength !== Math.floor((characters * 3) / 4))
    return undefined;
  for (let position = length; position < end; position += stride) {
    if (text.charCodeAt(position + lineEnd - 1) !== LF) return undefined;
    if (lineEnd === 2 && text.charCodeAt(position) !== CR) return undefined;
  }
  return {
    lineLength: lines > 0 ? length : undefined,
    dataEnd,
    lineBefore: (character) => {
      let line = Math.min(Math.floor(character / length), lines);
      while ((line * length) % 4 !== 0) line -= 1;
      return { start: line * stride, charactersBefore: line * length };
    },
  };
}

/** Without the blanks and line ends behind it. */
function trimmedLength(text: string): number {
  let end = text.length;
  while (end > 0 && KINDS[text.charCodeAt(end - 1)] === BLANK) end -= 1;
  return end;
}

function isPadded(characters: number, padding: number): boolean {
  const rest = characters % 4;
  return rest !== 1 && (padding === 0 || (rest !== 0 && padding === 4 - rest));
}

/** @returns undefined when a character is none of base64's, or padding stands inside */
function readLayout({ encoded }: EncodedBody): Layout | undefined {
  const lines: LineStart[] = [];
  let characters = 0;
  let dataEnd = 0;
  let padding = 0;
  let lineStart = true;
  for (let position = 0; position < encoded.length; position += 1) {
    const kind = KINDS[encoded[position] ?? 0];
    if (kind === CHARACTER && padding === 0) {
      if (lineStart) {
        lines.push({ start: position, charactersBefore: characters });
        lineStart = false;
      }
      characters += 1;
      dataEnd = position + 1;
    } else if (kind === PADDING) {
      padding += 1;
      dataEnd = position + 1;
    } else if (kind !== BLANK) return undefined;
    if (encoded[position] === LF) lineStart = true;
  }
  if (!isPadded(characters, padding)) return undefined;
  return {
    lineLength: lines[1]?.charactersBefore,
    dataEnd,
    lineBefore: (character) => lastBefore(lines, character),
  };
}

function lastBefore(lines: readonly LineStart[], character: number): LineStart {
  let last: LineStart = { start: 0, charactersBefore: 0 };
  for (const [index, line] of lines.entries()) {
    if (line.charactersBefore > character) break;
    if (index === 0 || line.charactersBefore % 4 === 0) last = line;
  }
  return last;
}

const CHARACTER = 1;
const PADDING = 2;
const BLANK = 3;
const KINDS = kindsOfBytes();

function kindsOfBytes(): Uint8Array {
  const kinds = new Uint8Array(256);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  for (const byte of Buffer.from(alphabet)) kinds[byte] = CHARACTER;
  for (const byte of Buffer.from(' \t\r\n')) kinds[byte] = BLANK;
  kinds[PAD] = PADDING;
  return kinds;
}

/**
 * A change moves all that follows within its groups of three bytes, so everything from the line of the first change on
 * is encoded again, in lines as long as the part's own.
 */
function encodeChanged(
  body: EncodedBody,
  layout: Layout,
  latin1: string,
  edits: readonly ByteEdit[],
): RawEdit[] {
  const [first] = edits;
  if (first === undefined) return [];
  const { start, charactersBefore } = layout.lineBefore(Math.floor(first.start / 3) * 4);
  const changed = spliceFrom(latin1, edits, (charactersBefore / 4) * 3);
  const bytes = scratchFor(changed.length);
  const encoded = bytes.toString('base64', 0, bytes.write(changed, 'latin1'));
  return [{ start, end: layout.dataEnd, text: wrap(encoded, lengthOfLines(layout), lineEndOf(body)) }];
}

/** The text from a position on, with the changes made. */
function spliceFrom(text: string, edits: readonly ByteEdit[], from: number): string {
  let changed = '';
  let position = from;
  for (const edit of edits) {
    changed += text.slice(position, edit.start) + edit.text;
    position = edit.end;
  }
  return changed + text.slice(position);
}

/** The part's own line length where it is a possible one. */
function lengthOfLines({ lineLength }: Layout): number {
  if (lineLength === undefined || lineLength > LONGEST_LINE) return LONGEST_LINE;
  return Math.max(4, lineLength - (lineLength % 4));
}

function wrap(text: string, length: number, lineEnd: string): string {
  let wrapped = text.slice(0, length);
  for (let start = length; start < text.length; start += length) {
    wrapped += lineEnd + text.slice(start, start + length);
  }
  return wrapped;
}
