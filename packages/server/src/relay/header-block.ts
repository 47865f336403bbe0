const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;

/** One header field with its folded lines; offsets are into the message. */
export interface HeaderField {
  /** Lower case; empty for a line that is no field. */
  name: string;
  start: number;
  /** Behind its line end. */
  end: number;
}

export interface HeaderBlock {
  fields: HeaderField[];
  /** Where the empty line begins, or the message's end when there is none. */
  end: number;
}

/**
 * Finds the fields of a message's header (RFC 5322 §2.2). Lines that are no fields do not end it: a Bcc behind
 * garbage must still be found. Bytes are looked at once, text is not copied.
 */
export function readHeaderBlock(message: Uint8Array): HeaderBlock {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length);
  const fields: HeaderField[] = [];
  let position = 0;
  while (position < bytes.length) {
    const newline = bytes.indexOf(LF, position);
    const end = newline === -1 ? bytes.length : newline + 1;
    const first = bytes[position];
    if (first === LF || (first === CR && bytes[position + 1] === LF)) break;
    const last = fields.at(-1);
    if ((first === SPACE || first === TAB) && last !== undefined) last.end = end;
    else fields.push({ name: fieldName(bytes, position, end), start: position, end });
    position = end;
  }
  return { fields, end: position };
}

/** No name of a field comes near. */
const LONGEST_NAME = 200;

/** `ftext` of RFC 5322 §3.6.8; blanks before the colon are obsolete but read (§4.5.8). */
function fieldName(bytes: Buffer, start: number, end: number): string {
  // Only this line is searched: in a message without colons a longer search would begin again at every line.
  const line = bytes.subarray(start, Math.min(end, start + LONGEST_NAME));
  const colon = line.indexOf(COLON);
  if (colon === -1 && !isColonBehindBlanks(bytes, start + line.length, end)) return '';
  const name = line.toString('latin1', 0, colon === -1 ? line.length : colon).trimEnd();
  return /^[\x21-\x39\x3b-\x7e]+$/.test(name) ? name.toLowerCase() : '';
}

/** However many blanks a name is torn from its colon by, some programs find both. */
function isColonBehindBlanks(bytes: Buffer, start: number, end: number): boolean {
  let position = start;
  while (position < end && (bytes[position] === SPACE || bytes[position] === TAB)) position++;
  return position < end && bytes[position] === COLON;
}

/** The unfolded value as raw text, one character per byte. */
export function rawValue(message: Uint8Array, field: HeaderField): string {
  const text = Buffer.from(message.buffer, message.byteOffset, message.length).toString(
    'latin1',
    field.start,
    field.end,
  );
  return text
    .slice(text.indexOf(':') + 1)
    .replaceAll(/\r?\n(?=[ \t])/g, '')
    .trim();
}

/** Every field by its name as written, for people. Bytes beyond ASCII are read as UTF-8. */
export function headerFields(message: Uint8Array): { name: string; value: string }[] {
  return readHeaderBlock(message).fields.map((field) => {
    const name =
      Buffer.from(message.subarray(field.start, field.end)).toString('latin1').split(':', 1)[0] ?? '';
    return { name: name.trim(), value: Buffer.from(rawValue(message, field), 'latin1').toString('utf8') };
  });
}

/** The message without some fields; all other bytes as they were. The same array when there are none. */
export function withoutFields(
  message: Uint8Array,
  drop: (name: string, field: HeaderField) => boolean,
): Uint8Array {
  const pieces: Uint8Array[] = [];
  let kept = 0;
  for (const field of readHeaderBlock(message).fields) {
    const { name, start, end } = field;
    if (name === '' || !drop(name, field)) continue;
    pieces.push(message.subarray(kept, start));
    kept = end;
  }
  if (kept === 0) return message;
  pieces.push(message.subarray(kept));
  return Buffer.concat(pieces);
}

/** The message with fields in front of all others. @param fields `Name: value`, ASCII, unfolded */
export function withFieldsFirst(message: Uint8Array, fields: readonly string[]): Uint8Array {
  if (fields.length === 0) return message;
  return Buffer.concat([Buffer.from(fields.map((field) => `${field}\r\n`).join(''), 'latin1'), message]);
}
