import { isAscii } from 'node:buffer';
import { applyEdits } from './message-edits.ts';
import type { ReasonCode } from './reasons.ts';
import { lineEndOf, type ByteEdit, type EncodedBody, type OpenedPart, type RawEdit } from './encoded-body.ts';

/** RFC 2045 §6.8. */
const LONGEST_LINE = 76;

const LF = 0x0a;
const PAD = 0x3d;

interface Layout {
  /** Where each line with characters begins, and how many characters come before it. */
  lineStarts: number[];
  charactersBefore: number[];
  characters: number;
  /** Behind the last character or padding. */
  dataEnd: number;
}

/** Base64, read strictly: what programs would decode differently is refused. */
export function openBase64(body: EncodedBody): OpenedPart | ReasonCode {
  const layout = readLayout(body);
  if (layout === undefined) return 'broken-encoding';
  const bytes = Buffer.from(body.encoded.toString('latin1', 0, layout.dataEnd), 'base64');
  return {
    latin1: bytes.toString('latin1'),
    isAscii: isAscii(bytes),
    encode: (edits) => encodeChanged(body, layout, bytes, edits),
  };
}

/** @returns undefined when a character is none of base64's, or padding stands inside */
function readLayout({ encoded }: EncodedBody): Layout | undefined {
  const layout: Layout = { lineStarts: [], charactersBefore: [], characters: 0, dataEnd: 0 };
  let padding = 0;
  let lineStart = true;
  for (let position = 0; position < encoded.length; position += 1) {
    const kind = KINDS[encoded[position] ?? 0];
    if (kind === CHARACTER && padding === 0) {
      if (lineStart) {
        layout.lineStarts.push(position);
        layout.charactersBefore.push(layout.characters);
        lineStart = false;
      }
      layout.characters += 1;
      layout.dataEnd = position + 1;
    } else if (kind === PADDING) {
      padding += 1;
      layout.dataEnd = position + 1;
    } else if (kind !== BLANK) return undefined;
    if (encoded[position] === LF) lineStart = true;
  }
  const rest = layout.characters % 4;
  const paddingFits = padding === 0 || (rest !== 0 && padding === 4 - rest);
  return rest !== 1 && paddingFits ? layout : undefined;
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
  bytes: Buffer,
  edits: readonly ByteEdit[],
): RawEdit[] {
  const [first] = edits;
  if (first === undefined) return [];
  const line = lineBefore(layout, Math.floor(first.start / 3) * 4);
  const start = layout.lineStarts[line] ?? 0;
  const kept = ((layout.charactersBefore[line] ?? 0) / 4) * 3;
  const changed = applyEdits(bytes, edits).subarray(kept).toString('base64');
  return [{ start, end: layout.dataEnd, text: wrap(changed, lineLength(layout), lineEndOf(body)) }];
}

/** The last line that begins at or before a character, and between two groups of four. */
function lineBefore({ charactersBefore }: Layout, character: number): number {
  let line = 0;
  for (const [index, before] of charactersBefore.entries()) {
    if (before > character) break;
    if (before % 4 === 0) line = index;
  }
  return line;
}

/** The part's own line length where it is a possible one. */
function lineLength({ charactersBefore: [, second] }: Layout): number {
  if (second === undefined || second > LONGEST_LINE) return LONGEST_LINE;
  return Math.max(4, second - (second % 4));
}

function wrap(text: string, length: number, lineEnd: string): string {
  const lines: string[] = [];
  for (let start = 0; start < text.length; start += length) lines.push(text.slice(start, start + length));
  return lines.join(lineEnd);
}
