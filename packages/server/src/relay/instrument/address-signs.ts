import { decodeHTMLAttribute } from 'entities/decode';

/*
 * What one look at the characters of an address tells, as bits, so that slower rules are asked only of the few addresses
 * that need them. Where it says "may", a closer look decides.
 */
export const NOT_ASCII = 1;
export const CONTROL = 2;
export const SPACE = 4;
/** It holds what every mark of a template language has; see placeholders.ts. */
export const MAY_BE_TEMPLATE = 8;
/** A part of its path has one character, as all addresses of ours have. */
export const SHORT_SEGMENT = 16;
/** In a value that is still encoded it may begin what stands for another character. */
export const AMPERSAND = 32;

/** An http or https address with what was seen in it. */
export interface JudgedAddress {
  /** As a browser reads it: character references decoded, blanks around and line breaks within removed. */
  href: string;
  /** The bits above. */
  signs: number;
  /** Its host, lower case, when every parser takes the address; undefined of others. */
  host: string | undefined;
}

export function judgeAddress(href: string): JudgedAddress {
  return { href, signs: signsOf(href, 0, href.length), host: plainHost(href, 0, href.length) };
}

/**
 * An address that every parser takes (WHATWG URL §4.4): a host of letters, digits and hyphens whose last label is no
 * number, and none of IDNA's labels, which can be wrong. Group: the host.
 */
const PLAIN_ADDRESS = /^https?:\/\/(?![^/?#]*xn--)((?:[a-z\d-]+\.)*[a-z][a-z\d-]*)(?=[/?#]|$)/i;

/** Hosts have at most 255 characters. */
const LONGEST_ORIGIN = 300;

/** The beginning of the plain address that was read last, and its host: most links of a mail lead to the same. */
const latest = { origin: new Uint8Array(LONGEST_ORIGIN), length: 0, host: '' };

/** The host, lower case, of an address that every parser takes, which stands between the offsets; undefined of others. */
export function plainHost(text: string, start: number, end: number): string | undefined {
  if (isLatest(text, start, end)) return latest.host;
  const found = PLAIN_ADDRESS.exec(text.slice(start, end));
  if (found === null) return undefined;
  const [{ length }, written = ''] = found;
  const host = written.toLowerCase();
  if (length <= LONGEST_ORIGIN) {
    for (let index = 0; index < length; index += 1) latest.origin[index] = text.charCodeAt(start + index);
    latest.length = length;
    latest.host = host;
  }
  return host;
}

function isLatest(text: string, start: number, end: number): boolean {
  const { origin, length } = latest;
  if (length === 0 || start + length > end) return false;
  for (let index = 0; index < length; index += 1) {
    if (text.charCodeAt(start + index) !== origin[index]) return false;
  }
  return start + length === end || endsHost(text.charCodeAt(start + length));
}

function endsHost(code: number): boolean {
  return code === SLASH || code === QUESTION || code === HASH;
}

/** `http://` or `https://` in any case of letters. */
export function isHttpAddress(text: string): boolean {
  if (
    (text.charCodeAt(0) | 0x20) !== 0x68 ||
    (text.charCodeAt(1) | 0x20) !== 0x74 ||
    (text.charCodeAt(2) | 0x20) !== 0x74 ||
    (text.charCodeAt(3) | 0x20) !== 0x70
  )
    return false;
  const colon = (text.charCodeAt(4) | 0x20) === 0x73 ? 5 : 4;
  return (
    text.charCodeAt(colon) === COLON &&
    text.charCodeAt(colon + 1) === SLASH &&
    text.charCodeAt(colon + 2) === SLASH
  );
}

const HASH = 0x23;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const SLASH = 0x2f;
const QUESTION = 0x3f;

/*
 * Each character has bits of four kinds in one number, so that a look at it takes no decision: addresses are many, and
 * no processor guesses what comes next in one.
 *   0–7    what it is to the character behind it, and the one behind that
 *   8–15   which of these make it odd when they stand right before it: `=-name-`, `::name:`, `__NAME__`
 *   16–23  the same one further before
 *   24–30  what it says wherever it stands
 */
const BEFORE = 8;
const TWO_BEFORE = 16;
const ALONE = 24;
const ROLES = 0xff;
const BEGINS_VALUE = 1;
const IS_COLON = 2;
const IS_AMPERSAND = 4;
const IS_UNDERSCORE = 8;
const IS_SLASH = 16;
const IS_HASH = 32;
const IS_SEMICOLON = 64;

const BITS = bitsOfCharacters();

function bitsOfCharacters(): Int32Array {
  const bits = new Int32Array(256);
  const set = (characters: string, bit: number): void => {
    for (const character of characters) bits[character.charCodeAt(0)] = bit;
  };
  bits.fill(CONTROL << ALONE, 0, 0x20);
  bits[0x7f] = CONTROL << ALONE;
  bits.fill((NOT_ASCII | MAY_BE_TEMPLATE) << ALONE, 0x80);
  set(' ', SPACE << ALONE);
  // Part of some mark of a template wherever it stands, and rare in addresses.
  set('{}|[]<>%$~@!(*\\', MAY_BE_TEMPLATE << ALONE);
  set('#', IS_HASH);
  set('=', BEGINS_VALUE);
  set('/', BEGINS_VALUE | IS_SLASH | (IS_SLASH << TWO_BEFORE));
  set('-', BEGINS_VALUE << BEFORE);
  set(':', IS_COLON | ((BEGINS_VALUE | IS_COLON) << BEFORE));
  // Two of them, also where the first is written as `&amp;`.
  set('&', (AMPERSAND << ALONE) | IS_AMPERSAND | ((IS_AMPERSAND | IS_SEMICOLON) << BEFORE));
  set(';', IS_SEMICOLON);
  set('_', IS_UNDERSCORE | (IS_UNDERSCORE << BEFORE));
  return bits;
}

/** The bits of an address that stands between the offsets, encoded or not. */
export function signsOf(text: string, start: number, end: number): number {
  let seen = 0;
  let odd = 0;
  let short = 0;
  let before = 0;
  let twoBefore = 0;
  for (let position = start; position < end; position += 1) {
    const code = text.charCodeAt(position);
    const bits = BITS[code < 0x100 ? code : 0xff] ?? 0;
    seen |= bits;
    odd |= (bits >> BEFORE) & before;
    short |= (bits >> TWO_BEFORE) & twoBefore;
    twoBefore = before;
    before = bits;
  }
  const isOdd = (odd & ROLES) !== 0 || ((seen & IS_HASH) !== 0 && holdsHashes(text.slice(start, end)));
  return (seen >> ALONE) | (isOdd ? MAY_BE_TEMPLATE : 0) | ((short & ROLES) === 0 ? 0 : SHORT_SEGMENT);
}

function holdsHashes(address: string): boolean {
  return address.indexOf('#') !== address.lastIndexOf('#');
}

const AMP = '&amp;';

/** A value with no other character references than `&amp;`, decoded; undefined of others. */
export function decodeAmpersands(raw: string): string | undefined {
  let decoded = '';
  let position = 0;
  for (let at = raw.indexOf('&'); at !== -1; at = raw.indexOf('&', at + 1)) {
    if (isAmp(raw, at + 1)) {
      decoded += raw.slice(position, at + 1);
      position = at + AMP.length;
    } else if (isReferenceAt(raw, at)) return undefined;
  }
  return position === 0 ? raw : decoded + raw.slice(position);
}

/** Whether an ampersand in an attribute begins what stands for another character. */
function isReferenceAt(raw: string, at: number): boolean {
  let end = at + 1;
  while (isAlphanumeric(raw.charCodeAt(end))) end += 1;
  const next = raw.charCodeAt(end);
  if (end === at + 1) return next === HASH;
  if (next === SEMICOLON) return true;
  // The name of a parameter, whatever it is (WHATWG HTML §13.2.5.73); and those without semicolon are short.
  if (next === EQUALS || end - at > LONGEST_NAME) return false;
  return isReference(raw.slice(at, end + 1));
}

/** `amp;` */
function isAmp(raw: string, at: number): boolean {
  return (
    raw.charCodeAt(at) === 0x61 &&
    raw.charCodeAt(at + 1) === 0x6d &&
    raw.charCodeAt(at + 2) === 0x70 &&
    raw.charCodeAt(at + 3) === 0x3b
  );
}

function isAlphanumeric(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (code >= 0x30 && code <= 0x39);
}

/** `&Aacute`: the longest that is read without its semicolon. */
const LONGEST_NAME = 7;
const MOST_NAMES = 1_000;
const references = new Map<string, boolean>();

/** Whether an ampersand with some letters and what follows them stands for another character; `&utm_` does not. */
function isReference(written: string): boolean {
  const known = references.get(written);
  if (known !== undefined) return known;
  const found = decodeHTMLAttribute(written) !== written;
  if (references.size < MOST_NAMES) references.set(written, found);
  return found;
}
