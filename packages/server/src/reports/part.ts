import { decodeHTML } from 'entities';
import { decodeCharset, parseParameters, readHeader, type HeaderFields } from './header-fields.ts';

/** One MIME part; its body is decoded only when its text is asked for. */
export interface Part {
  /** `type/subtype` in lower case; `text/plain` when there is none (RFC 2045 §5.2). */
  type: string;
  parameters: ReadonlyMap<string, string>;
  fields: HeaderFields;
  bodyStart: number;
  bodyEnd: number;
  /** Of a multipart whose delimiters were found. */
  parts: Part[];
}

/** Reports have a handful of parts, at most three deep. More is not looked at. */
const MAX_DEPTH = 6;
const MAX_PARTS = 100;
/** Of a text part. A notice longer than this has its facts before. */
const MAX_TEXT_BYTES = 256 * 1024;

const CR = 0x0d;
const LF = 0x0a;

/** A message as a tree of parts. Linear in its size: each level of multiparts is searched once for its delimiter. */
export class PartReader {
  readonly #bytes: Buffer;
  #left = MAX_PARTS;

  constructor(message: Uint8Array) {
    this.#bytes = withLineFeeds(Buffer.from(message.buffer, message.byteOffset, message.length));
  }

  read(): Part {
    let start = this.#bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
    // Empty lines above the header are none of it: mailboxes and pipes leave some.
    while (this.#bytes[start] === CR || this.#bytes[start] === LF) start += 1;
    return this.#part(start, this.#bytes.length, 0);
  }

  #part(start: number, end: number, depth: number): Part {
    const { fields, bodyStart } = readHeader(this.#bytes, start, end);
    const { value, parameters } = parseParameters(fields.first('content-type') ?? '');
    const type = /^[^\s/]+\/[^\s/]+$/.test(value) ? value : 'text/plain';
    const part: Part = { type, parameters, fields, bodyStart, bodyEnd: end, parts: [] };
    if (type.startsWith('multipart/') && depth < MAX_DEPTH) {
      const ranges = this.#ranges(part);
      for (const [from, to] of ranges) part.parts.push(this.#part(from, to, depth + 1));
    }
    return part;
  }

  #ranges({ parameters, bodyStart, bodyEnd }: Part): [start: number, end: number][] {
    const declared = parameters.get('boundary');
    const ranges = declared === undefined || declared === '' ? [] : this.#split(declared, bodyStart, bodyEnd);
    if (ranges.length > 0) return ranges;
    // A boundary that got lost, or was changed on the way: the first line with two dashes most likely is one.
    const guess = /^--([\x21-\x7e]{1,200})\r?$/m.exec(
      this.#bytes.toString('latin1', bodyStart, Math.min(bodyEnd, bodyStart + 4096)),
    );
    return guess?.[1] === undefined ? [] : this.#split(guess[1], bodyStart, bodyEnd);
  }

  #split(boundary: string, bodyStart: number, bodyEnd: number): [number, number][] {
    const bytes = this.#bytes;
    const delimiter = Buffer.from(`--${boundary}`);
    const ranges: [number, number][] = [];
    let partStart = -1;
    let position = bodyStart;
    while (this.#left > 0) {
      const found = bytes.indexOf(delimiter, position);
      if (found === -1 || found >= bodyEnd) break;
      position = found + delimiter.length;
      if (found > bodyStart && bytes[found - 1] !== LF) continue;
      const after = bytes[position];
      const closing = after === 0x2d && bytes[position + 1] === 0x2d;
      // Another boundary that begins like this one is not this one.
      if (!closing && after !== undefined && after !== CR && after !== LF && after !== 0x20 && after !== 0x09)
        continue;
      if (partStart !== -1) {
        ranges.push([partStart, Math.max(partStart, found - 1)]);
        this.#left -= 1;
      }
      const newline = bytes.indexOf(LF, position);
      if (closing || newline === -1 || newline >= bodyEnd) return ranges;
      partStart = newline + 1;
      position = newline;
    }
    if (partStart !== -1 && this.#left > 0) {
      this.#left -= 1;
      ranges.push([partStart, bodyEnd]);
    }
    return ranges;
  }

  /** The message within a `message/rfc822` part. */
  inner({ bodyStart, bodyEnd }: Part): Part {
    return this.#part(bodyStart, bodyEnd, 1);
  }

  /** A part's text with line feeds only; at most 256 KiB of its bytes are decoded. */
  text(part: Part): string {
    const decoded = this.#decode(part);
    const text = decodeText(decoded, part.parameters.get('charset'));
    return (part.type === 'text/html' ? textOfHtml(text) : text).replaceAll(/\r\n?/g, '\n');
  }

  #decode({ fields, bodyStart, bodyEnd }: Part): Buffer {
    const encoding = (fields.first('content-transfer-encoding') ?? '').toLowerCase();
    const raw = this.#bytes.subarray(bodyStart, Math.min(bodyEnd, bodyStart + MAX_TEXT_BYTES));
    if (encoding.includes('base64')) {
      const text = raw.toString('latin1');
      // Some say base64 and send plain text: blanks between words are no base64.
      return /\S [a-z]/i.test(text.slice(0, 512)) ? raw : Buffer.from(text, 'base64');
    }
    return encoding.includes('quoted-printable') ? decodeQuotedPrintable(raw) : raw;
  }
}

/** Old Macs' line ends, as some mailboxes are stored: a message without any LF is read with its CRs as line ends. */
function withLineFeeds(bytes: Buffer): Buffer {
  if (bytes.indexOf(LF) !== -1 || bytes.indexOf(CR) === -1) return bytes;
  const copy = Buffer.from(bytes);
  for (let index = copy.indexOf(CR); index !== -1; index = copy.indexOf(CR, index + 1)) copy[index] = LF;
  return copy;
}

function decodeQuotedPrintable(raw: Buffer): Buffer {
  const text = raw
    .toString('latin1')
    .replaceAll(/=[ \t]{0,20}\r?\n/g, '')
    .replaceAll(/=([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(String(hex), 16)));
  return Buffer.from(text, 'latin1');
}

function decodeText(bytes: Buffer, charset: string | undefined): string {
  const decoded = charset === undefined ? undefined : decodeCharset(bytes, charset);
  if (decoded !== undefined && !decoded.includes('\ufffd')) return decoded;
  // ISO-2022 is announced by its escapes, whatever the header says.
  if (bytes.includes('\u001b$')) return decodeCharset(bytes, 'iso-2022-jp') ?? bytes.toString('latin1');
  const utf8 = bytes.toString('utf8');
  return utf8.includes('\ufffd') ? (decoded ?? decodeCharset(bytes, 'windows-1252') ?? utf8) : utf8;
}

/** What a reader of the HTML sees, a line for each block. No rendering: only the words count here. */
export function textOfHtml(html: string): string {
  let text = '';
  let position = 0;
  while (position < html.length) {
    const open = html.indexOf('<', position);
    if (open === -1) break;
    text += html.slice(position, open);
    const close = html.indexOf('>', open);
    if (close === -1) return decodeHTML(text);
    const tag = /^<\/?([a-z0-9!-]{1,20})/i.exec(html.slice(open, open + 24))?.[1]?.toLowerCase() ?? '';
    position = close + 1;
    if (tag.startsWith('!--')) position = behind(html, /-->/g, open);
    else if (tag === 'style' || tag === 'script') {
      if (html[open + 1] !== '/')
        position = behind(html, tag === 'style' ? /<\/style/gi : /<\/script/gi, position);
    } else if (/^(?:br|p|div|tr|li|h[1-6]|table|pre|hr|blockquote|td)$/.test(tag)) text += '\n';
  }
  return decodeHTML(text + html.slice(position));
}

function behind(html: string, end: RegExp, from: number): number {
  end.lastIndex = from;
  return end.exec(html) === null ? html.length : end.lastIndex;
}
