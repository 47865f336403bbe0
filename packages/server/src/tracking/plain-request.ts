import type { SharedFields } from './hit.ts';
import { KnownBlocks } from './known-blocks.ts';

/**
 * Recognises requests that leave no doubt, so that the many GETs of mail programs do not pay for a general parser. It is
 * no HTTP parser: whatever is not entirely ordinary (cut in two by the network, another method, a body, a header that is
 * odd in any way) is not its business, and `node:http` sees it untouched. It must only never take for ordinary what
 * `node:http` would read otherwise or refuse; a test compares the two.
 *
 * Ordinary is, by RFC 9112 §2–§5 and less: `GET` or `HEAD`, a target in origin-form of characters that RFC 3986 has,
 * `HTTP/1.1`, CRLF line ends, fields `name: value` without folding, one Host, no body announced.
 */
export interface PlainRequest {
  method: 'GET' | 'HEAD';
  /** Path and query as they were sent. */
  target: string;
  /** Only the fields that were asked for, by lower-case name, in Latin-1 as `node:http` gives them. */
  headers: Record<string, string>;
  /** The same object for all requests that have exactly the same fields, as far as that is known. */
  shared: SharedFields;
  /** False when the client said `Connection: close`. */
  keepAlive: boolean;
  /** Where the next request begins. */
  end: number;
}

/** `node:http` has its own word on larger heads. */
const LARGEST_HEAD = 16_384;
const MOST_FIELDS = 64;
const SHORTEST_HEAD = 'GET / HTTP/1.1\r\nHost:\r\n\r\n'.length;

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;

/** Kinds of bytes: 1 may be in a field's name (RFC 9110 §5.6.2), 2 in a target, 4 in a field's value. */
const NAME = 1;
const TARGET = 2;
const VALUE = 4;
const KINDS = Uint8Array.from({ length: 256 }, (_, code) => kindsOf(code));

function kindsOf(code: number): number {
  if (code === SPACE || code === TAB || code >= 0x80) return VALUE;
  if (code <= 0x20 || code === 0x7f) return 0;
  const character = String.fromCharCode(code);
  const isName = /[\w!#$%&'*+.^`|~-]/.test(character);
  const isTarget = /[\w\-.~:/?@!$&'()*+,;=%]/.test(character);
  return VALUE | (isName ? NAME : 0) | (isTarget ? TARGET : 0);
}

/** What these announce or ask for is `node:http`’s to answer. */
const NOT_ORDINARY = [
  'content-length',
  'transfer-encoding',
  'trailer',
  'te',
  'upgrade',
  'expect',
  'http2-settings',
  'proxy-connection',
];

/** What header fields mean, up to and with the empty line behind them. */
type Fields = Pick<PlainRequest, 'headers' | 'shared' | 'keepAlive' | 'end'>;

type FieldUse = { name: string; use: 'keep' | 'refuse' | 'host' | 'connection' };

/** @see PlainRequest */
export class PlainRequestReader {
  /** Fields that mean something here, by length and hash of their lower-case name. */
  readonly #fields = new Map<number, FieldUse[]>();
  readonly #known = new KnownBlocks<Fields>();

  /** @param kept lower-case names of the fields that are asked for */
  constructor(kept: readonly string[]) {
    const uses: FieldUse[] = [
      ...kept.map((name): FieldUse => ({ name, use: 'keep' })),
      ...NOT_ORDINARY.map((name): FieldUse => ({ name, use: 'refuse' })),
      { name: 'host', use: 'host' },
      { name: 'connection', use: 'connection' },
    ];
    for (const use of uses) {
      let hash = 0;
      for (const code of Buffer.from(use.name)) hash = mixed(hash, code);
      this.#fields.set(hash, [...(this.#fields.get(hash) ?? []), use]);
    }
  }

  /** @returns undefined when the bytes from `start` on are no ordinary request, or not all of one */
  read(bytes: Buffer, start: number): PlainRequest | undefined {
    if (bytes.length - start < SHORTEST_HEAD) return undefined;
    const method = methodAt(bytes, start);
    if (method === undefined) return undefined;
    const targetAt = start + method.length + 1;
    let at = targetAt;
    while (((KINDS[bytes[at] ?? 0] ?? 0) & TARGET) !== 0) at += 1;
    if (bytes[targetAt] !== 0x2f || !isVersionAt(bytes, at)) return undefined;
    const fields = this.#fieldsAt(bytes, at + VERSION.length, start);
    if (fields === undefined) return undefined;
    const { headers, shared, keepAlive, end } = fields;
    return { method, target: bytes.toString('latin1', targetAt, at), headers, shared, keepAlive, end };
  }

  #fieldsAt(bytes: Buffer, from: number, start: number): Fields | undefined {
    const limit = start + LARGEST_HEAD;
    const known = bytes.length > limit ? undefined : this.#known.get(bytes, from);
    if (known !== undefined) {
      known.end = bytes.length;
      return known;
    }
    const fields: Fields = { headers: {}, shared: {}, keepAlive: true, end: 0 };
    if (!this.#readFields(bytes, from, limit, fields)) return undefined;
    // With a client's address in it, no block is like another.
    if (fields.end === bytes.length && fields.headers['x-forwarded-for'] === undefined)
      this.#known.set(bytes, from, fields);
    return fields;
  }

  #readFields(bytes: Buffer, from: number, limit: number, request: Fields): boolean {
    let at = from;
    let hosts = 0;
    let connections = 0;
    for (let count = 0; count <= MOST_FIELDS; count++) {
      if (bytes[at] === CR) {
        request.end = at + 2;
        return bytes[at + 1] === LF && hosts === 1;
      }
      const nameAt = at;
      let hash = 0;
      for (let code = bytes[at] ?? 0; ((KINDS[code] ?? 0) & NAME) !== 0; code = bytes[++at] ?? 0)
        hash = mixed(hash, lower(code));
      const nameEnd = at;
      if (nameEnd === nameAt || bytes[at++] !== COLON) return false;
      while (((KINDS[bytes[at] ?? 0] ?? 0) & VALUE) !== 0) at += 1;
      if (bytes[at] !== CR || bytes[at + 1] !== LF || at > limit) return false;
      const use = this.#fieldAt(bytes, nameAt, nameEnd, hash);
      if (use?.use === 'refuse') return false;
      if (use?.use === 'host' && ++hosts > 1) return false;
      if (
        use?.use === 'connection' &&
        (++connections > 1 || !readConnection(trimmed(bytes, nameEnd + 1, at), request))
      )
        return false;
      if (use?.use === 'keep') {
        // How several lines become one is `node:http`’s to know.
        if (request.headers[use.name] !== undefined) return false;
        request.headers[use.name] = trimmed(bytes, nameEnd + 1, at);
      }
      at += 2;
    }
    return false;
  }

  #fieldAt(bytes: Buffer, from: number, end: number, hash: number): FieldUse | undefined {
    return this.#fields.get(hash)?.find(({ name }) => {
      if (name.length !== end - from) return false;
      for (let at = 0; at < name.length; at++)
        if (lower(bytes[from + at] ?? 0) !== name.charCodeAt(at)) return false;
      return true;
    });
  }
}

const GET = Buffer.from('GET ');
const HEAD = Buffer.from('HEAD ');
const VERSION = Buffer.from(' HTTP/1.1\r\n');

function methodAt(bytes: Buffer, at: number): 'GET' | 'HEAD' | undefined {
  if (isAt(bytes, at, GET)) return 'GET';
  return isAt(bytes, at, HEAD) ? 'HEAD' : undefined;
}

function isVersionAt(bytes: Buffer, at: number): boolean {
  return isAt(bytes, at, VERSION);
}

function isAt(bytes: Buffer, at: number, what: Buffer): boolean {
  for (let index = 0; index < what.length; index++) if (bytes[at + index] !== what[index]) return false;
  return true;
}

function mixed(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0;
}

/** Of ASCII letters the lower-case ones, of `-` and digits themselves. */
function lower(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 32 : code;
}

/** Without optional white space around (RFC 9110 §5.5). */
function trimmed(bytes: Buffer, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(bytes[start])) start += 1;
  while (end > start && isBlank(bytes[end - 1])) end -= 1;
  return bytes.toString('latin1', start, end);
}

function isBlank(code: number | undefined): boolean {
  return code === SPACE || code === TAB;
}

function readConnection(value: string, request: Pick<Fields, 'keepAlive'>): boolean {
  const option = value.toLowerCase();
  if (option === 'close') request.keepAlive = false;
  return option === 'close' || option === 'keep-alive';
}
