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
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

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
  let broken = false;
  let position = start;
  while (position < bytes.length) {
    const newline = bytes.indexOf(LF, position);
    const end = newline === -1 ? bytes.length : newline + 1;
    const first = bytes.at(position);
    if (first === LF || (first === CR && newline === position + 1)) {
      return {
        fields,
        end,
        fieldsEnd: position,
        ended: true,
        broken: broken || hasControls(bytes, start, position),
      };
    }
    if (first === 0x2d && stopsAt(position)) break;
    const last = fields.at(-1);
    if (first === SPACE || first === TAB) {
      if (last === undefined) broken = true;
      else last.end = end;
    } else {
      const name = fieldName(bytes, position, end);
      if (name !== undefined) fields.push({ name, start: position, end });
      // A mailbox file's separator may have stayed in front.
      else if (position > 0 || !/^>?From /.test(bytes.text(0, 6))) broken = true;
    }
    position = end;
  }
  return {
    fields,
    end: position,
    fieldsEnd: position,
    ended: false,
    broken: broken || hasControls(bytes, start, position),
  };
}

/** `ftext` of RFC 5322 §3.6.8; blanks before the colon are obsolete but read (§4.5.8). */
function fieldName(bytes: ByteSource, start: number, end: number): string | undefined {
  // No name is longer; and a line without colon must not be searched to its end millions of times.
  const line = bytes.text(start, Math.min(end, start + 200));
  const colon = line.indexOf(':');
  if (colon === -1) return undefined;
  const name = line.slice(0, colon).trimEnd();
  return /^[\x21-\x39\x3b-\x7e]+$/.test(name) ? name.toLowerCase() : undefined;
}

/** A bare CR is a line end to some programs and a character to others; NUL ends the text in some. */
function hasControls(bytes: ByteSource, start: number, end: number): boolean {
  if (bytes.indexOf(0, start, end) !== -1) return true;
  for (let at = bytes.indexOf(CR, start, end); at !== -1; at = bytes.indexOf(CR, at + 1, end)) {
    if (bytes.at(at + 1) !== LF || at + 1 === end) return true;
  }
  return false;
}

/** No field that is looked into is longer; of hostile ones only the beginning is read. */
const LONGEST_FIELD = 65_536;

/** The unfolded value, one character per byte. */
export function fieldValue(bytes: ByteSource, { start, end }: MimeField): string {
  const text = bytes.text(start, Math.min(end, start + LONGEST_FIELD));
  return text
    .slice(text.indexOf(':') + 1)
    .replaceAll(/\r?\n/g, '')
    .trim();
}
