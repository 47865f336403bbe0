/** Longest header block and most fields that are read; no sane report comes near. */
const LIMIT_BYTES = 256 * 1024;
const MAX_FIELDS = 2000;
const MAX_LINES = 10_000;

/** The fields of one header or of one group in a report: names in any case, values unfolded and trimmed. */
export class HeaderFields {
  readonly #entries: readonly (readonly [name: string, value: string])[];

  constructor(entries: readonly (readonly [name: string, value: string])[]) {
    this.#entries = entries;
  }

  /** @param name in lower case. Of a field that is there twice the first one counts. */
  first(name: string): string | undefined {
    return this.#entries.find(([candidate]) => candidate === name)?.[1];
  }

  /** @param name in lower case */
  all(name: string): string[] {
    return this.#entries.filter(([candidate]) => candidate === name).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#entries.some(([candidate]) => candidate === name);
  }

  get names(): string[] {
    return this.#entries.map(([name]) => name);
  }
}

/** Up to a colon; blanks before it are obsolete but seen (RFC 5322 §4.5.8, SquirrelMail's receipts). */
const FIELD = /^([!-9;-~]{1,128})[ \t]*:(.*)$/s;

/**
 * Reads `Name: value` lines with folding (RFC 5322 §2.2). A line that is no field ends nothing: broken systems put
 * such lines into headers.
 *
 * @param strayLinesContinue such a line belongs to the field above it, as in diagnostics that were wrapped without indent
 */
export function parseFields(lines: readonly string[], strayLinesContinue = false): HeaderFields {
  const entries: { name: string; lines: string[] }[] = [];
  for (const line of lines) {
    const last = entries.at(-1);
    const folded = line.startsWith(' ') || line.startsWith('\t');
    const match = folded ? null : FIELD.exec(line);
    if (match !== null) {
      if (entries.length === MAX_FIELDS) break;
      entries.push({ name: (match[1] ?? '').toLowerCase(), lines: [match[2] ?? ''] });
    } else if (last !== undefined && (folded || strayLinesContinue)) last.lines.push(line);
  }
  return new HeaderFields(
    entries.map(
      ({ name, lines: parts }) =>
        [
          name,
          parts
            .map((part) => part.trim())
            .join(' ')
            .trim(),
        ] as const,
    ),
  );
}

/** The header that begins at `start`, and where the body begins. */
export function readHeader(
  bytes: Buffer,
  start: number,
  end: number,
): { fields: HeaderFields; bodyStart: number } {
  const limit = Math.min(end, start + LIMIT_BYTES);
  let bodyStart = limit;
  for (let position = start; position < limit;) {
    const newline = bytes.indexOf(0x0a, position);
    const next = newline === -1 || newline >= limit ? limit : newline + 1;
    const isEmpty = newline === position || (newline === position + 1 && bytes[position] === 0x0d);
    position = next;
    if (isEmpty) {
      bodyStart = next;
      break;
    }
  }
  const lines = headerText(bytes.subarray(start, bodyStart)).split(/\r?\n/, MAX_LINES);
  return { fields: parseFields(lines), bodyStart };
}

/** Header bytes are ASCII or UTF-8 (RFC 6532); anything else is shown as Latin-1 rather than lost. */
function headerText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? bytes.toString('latin1') : text;
}

/** A `Content-Type` like value: what is before the first semicolon in lower case, and its parameters. */
export function parseParameters(value: string): { value: string; parameters: ReadonlyMap<string, string> } {
  const parameters = new Map<string, string>();
  const pieces = splitOutsideQuotes(value.slice(0, 8192));
  for (const piece of pieces.slice(1)) {
    const equals = piece.indexOf('=');
    if (equals === -1) continue;
    const name = piece.slice(0, equals).trim().toLowerCase();
    const raw = piece.slice(equals + 1).trim();
    const text = raw.startsWith('"')
      ? raw.slice(1, raw.endsWith('"') && raw.length > 1 ? -1 : undefined)
      : raw;
    if (!parameters.has(name)) parameters.set(name, text.replaceAll(/\\(.)/g, '$1'));
  }
  return { value: (pieces[0] ?? '').trim().toLowerCase(), parameters };
}

function splitOutsideQuotes(value: string): string[] {
  const pieces: string[] = [];
  let quoted = false;
  let start = 0;
  for (let index = 0; index < value.length; index += 1) {
    const character = value[index];
    if (character === '\\' && quoted) index += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === ';' && !quoted) {
      pieces.push(value.slice(start, index));
      start = index + 1;
    }
  }
  pieces.push(value.slice(start));
  return pieces;
}

/** Decodes encoded words (RFC 2047); blanks between two of them vanish. What cannot be decoded stays. */
export function decodeWords(text: string): string {
  return text
    .slice(0, 8192)
    .replaceAll(/(\?=)[ \t]{1,80}(?==\?)/g, '$1')
    .replaceAll(
      /=\?([\w-]{1,40})(?:\*[\w-]{1,40})?\?([bq])\?([^?\s]{0,800})\?=/gi,
      (word, charset, encoding, data) => {
        const bytes =
          String(encoding).toLowerCase() === 'b'
            ? Buffer.from(String(data), 'base64')
            : Buffer.from(
                String(data)
                  .replaceAll('_', ' ')
                  .replaceAll(/=([0-9a-f]{2})/gi, (_, hex) =>
                    String.fromCharCode(Number.parseInt(String(hex), 16)),
                  ),
                'latin1',
              );
        return decodeCharset(bytes, String(charset)) ?? word;
      },
    );
}

/** Names that mail systems use and the Encoding Standard does not have. */
const CODE_PAGES: Readonly<Record<string, string>> = {
  cp932: 'shift_jis',
  cp936: 'gbk',
  cp949: 'euc-kr',
  cp950: 'big5',
  'x-gbk': 'gbk',
  'x-windows-949': 'euc-kr',
};

/** @returns undefined when the charset is not known here */
export function decodeCharset(bytes: Uint8Array, charset: string): string | undefined {
  if (/^(?:unicode-1-1-|unicode-2-0-)?utf-?7$/i.test(charset.trim())) return decodeUtf7(bytes);
  try {
    const name = charset.trim().toLowerCase();
    return new TextDecoder(CODE_PAGES[name] ?? name).decode(bytes);
  } catch {
    return undefined;
  }
}

/** RFC 2152, which Exchange 2000 and 2003 use for notices; browsers know it no longer. */
function decodeUtf7(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .replaceAll(/\+([A-Za-z0-9+/]*)-?/g, (_, data) => {
      if (data === '') return '+';
      const units = Buffer.from(String(data), 'base64');
      return units
        .subarray(0, units.length - (units.length % 2))
        .swap16()
        .toString('utf16le');
    });
}
