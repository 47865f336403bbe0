import type { ByteSource } from './byte-source.ts';

/** The header of a message or of one of its parts. Offsets are into the message. */
export interface MimeHeader {
  fields: MimeField[];
  /** Behind the empty line, or where the body would begin when there is none. */
  end: number;
  /** Before the empty line: where a field can be added. */
  fieldsEnd: number;
  /** There is an empty line, and so a body. */
  ended: boolean;
  /** A line that is no field, or a control character that programs read differently. */
  broken: boolean;
}

export interface MimeField {
  /** Lower case. */
  name: string;
  start: number;
  /** Behind its line end. */
  end: number;
}

const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const DASH = 0x2d;

/**
 * Reads a header up to its empty line (RFC 5322 §2.2). Lines that are no fields are passed over and noted.
 *
 * @param stopsAt tells of a line that ends the header without an empty line: a boundary
 */
export function readMimeHeader(
  bytes: ByteSource,
  start: number,
  stopsAt: (lineStart: number) => boolean = () => false,
): MimeHeader {
  const fields: MimeField[] = [];
  let last: MimeField | undefined;
  let broken = false;
  let position = start;
  while (position < bytes.length) {
    const newline = bytes.indexOf(LF, position);
    const end = newline === -1 ? bytes.length : newline + 1;
    const line = bytes.text(position, end);
    if (line === '\n' || line === '\r\n') return { fields, end, fieldsEnd: position, ended: true, broken };
    const first = line.charCodeAt(0);
    if (first === DASH && stopsAt(position)) break;
    if (first === SPACE || first === TAB) {
      if (last === undefined) broken = true;
      else last.end = end;
    } else {
      const name = fieldName(line);
      if (name !== undefined) {
        last = { name, start: position, end };
        fields.push(last);
        // A mailbox file's separator may have stayed in front.
      } else if (position > 0 || !/^>?From /.test(line)) broken = true;
    }
    broken ||= hasControls(line);
    position = end;
  }
  return { fields, end: position, fieldsEnd: position, ended: false, broken };
}

/** No name is longer. */
const LONGEST_NAME = 200;

/** `ftext` of RFC 5322 §3.6.8; blanks before the colon are obsolete but read (§4.5.8). */
function fieldName(line: string): string | undefined {
  const colon = line.indexOf(':');
  if (colon === -1 || colon >= LONGEST_NAME) return undefined;
  const name = line.slice(0, colon).trimEnd();
  return /^[\x21-\x39\x3b-\x7e]+$/.test(name) ? name.toLowerCase() : undefined;
}

/** A bare CR is a line end to some programs and a character to others; NUL ends the text in some. */
function hasControls(line: string): boolean {
  const cr = line.indexOf('\r');
  return (cr !== -1 && (cr !== line.length - 2 || !line.endsWith('\n'))) || line.includes('\0');
}

/** No field that is looked into is longer; of hostile ones only the beginning is read. */
const LONGEST_FIELD = 65_536;

/** The unfolded value, one character per byte. */
export function fieldValue(bytes: ByteSource, { name, start, end }: MimeField): string {
  const text = bytes.text(start, Math.min(end, start + LONGEST_FIELD));
  const value = text.slice(text.indexOf(':', name.length) + 1).trim();
  return value.includes('\n') ? value.replaceAll(/\r?\n/g, '') : value;
}
