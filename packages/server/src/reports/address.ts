/** A mail address in a text, and where it is. */
export interface FoundAddress {
  address: string;
  start: number;
  end: number;
}

/** RFC 5321 §4.5.3.1 says 64 and 255; variable envelope return paths are longer than that in practice. */
const MAX_LOCAL = 200;
const MAX_DOMAIN = 255;
const MAX_FOUND = 500;

/** `atext` and dots of RFC 5322 §3.2.3; of what RFC 6531 adds, letters, halves of rarer ones too. */
const LOCAL = /[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\p{L}\p{M}\p{N}\ud800-\udfff-]/u;
const DOMAIN = /[A-Za-z0-9._\p{L}\p{M}\p{N}\ud800-\udfff-]/u;
const LATIN = /\p{Script=Latin}/u;
const LETTER = /\p{L}/u;

/** All addresses of a text, in order. Linear: each at-sign is looked at once, within bounds. */
export function findAddresses(text: string): FoundAddress[] {
  const found: FoundAddress[] = [];
  for (let at = text.indexOf('@'); at !== -1 && found.length < MAX_FOUND; at = text.indexOf('@', at + 1)) {
    const start = localStart(text, at);
    const end = domainEnd(text, at);
    if (start < at && end > at + 1) found.push({ address: text.slice(start, end), start, end });
  }
  return found;
}

function localStart(text: string, at: number): number {
  const lowest = Math.max(0, at - MAX_LOCAL);
  if (text[at - 1] === '"') {
    const open = text.lastIndexOf('"', at - 2);
    return open >= lowest && !text.slice(open, at).includes('\n') ? open : at;
  }
  let start = at;
  let isLatin: boolean | undefined;
  while (start > lowest && LOCAL.test(text[start - 1] ?? '')) {
    const script = isLatinLetter(text[start - 1] ?? '');
    if (isOtherScript(isLatin, script)) break;
    isLatin = script ?? isLatin;
    start -= 1;
  }
  const local = text.slice(start, at);
  // What logs and templates put in front: `to=a@b`, `|/bin/prog`, `'a@b'`, `...a@b`.
  const label =
    /^(?:(?:orig_)?to|from|rcpt|recipient|for|email|user|addr|[tf])=(?=.)/i.exec(local)?.[0].length ?? 0;
  const punctuation = /^[.*'`|!?/#-]{0,200}/.exec(local.slice(label))?.[0].length ?? 0;
  return start + label + punctuation;
}

function domainEnd(text: string, at: number): number {
  if (text[at + 1] === '[') {
    const close = text.indexOf(']', at);
    return close !== -1 && close - at < 64 && /^[\w.:]+$/.test(text.slice(at + 2, close)) ? close + 1 : at;
  }
  const highest = Math.min(text.length, at + 1 + MAX_DOMAIN);
  let end = at + 1;
  let isLatin: boolean | undefined;
  while (end < highest && DOMAIN.test(text[end] ?? '')) {
    const script = isLatinLetter(text[end] ?? '');
    // Each label may have a script of its own: `例え.jp`.
    if (text[end] === '.') isLatin = undefined;
    else if (isOtherScript(isLatin, script)) break;
    isLatin = script ?? isLatin;
    end += 1;
  }
  while (end > at + 1 && /[._-]/.test(text[end - 1] ?? '')) end -= 1;
  return /^[.-]/.test(text.slice(at + 1, end)) ? at : end;
}

function isLatinLetter(character: string): boolean | undefined {
  if (character < '\u0080') return /[A-Za-z]/.test(character) ? true : undefined;
  return LETTER.test(character) ? LATIN.test(character) : undefined;
}

/** Chinese and Japanese write without blanks: where the script changes, the sentence around the address goes on. */
function isOtherScript(one: boolean | undefined, other: boolean | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

/** The first address of a field that holds addresses: the one in angle brackets, if there is one. */
export function addressOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const all = findAddresses(value.slice(0, 4096));
  return (all.find(({ start, end }) => value[start - 1] === '<' && value[end] === '>') ?? all[0])?.address;
}

/**
 * The address of a field of reports: `rfc822; a@b`, with `utf-8` addresses (RFC 6533 §3) and `xtext` (RFC 3461 §4)
 * decoded. Some systems leave the type away, put a display name in, or name a local user without a domain.
 */
export function reportAddress(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const [, type = '', rest = ''] = /^(?:([\w-]{1,40})[ \t]*;)?(.*)$/s.exec(value.trim().slice(0, 2048)) ?? [];
  const text = decodeXtext(/^utf-?8/i.test(type) ? decodeUnitext(rest) : rest).trim();
  const whole = /^<?([^\s<>\p{Cc}]{1,200}@[^\s<>@\p{Cc}]{1,255})>?$/u.exec(text)?.[1];
  // Encoded words have no place in an address, but some systems bounce just that: it is what they were given.
  if (whole?.startsWith('=?') === true) return whole;
  if (/^[|/]/.test(text)) return undefined;
  return addressOf(text) ?? /^<?([\w.+-]{1,64})>?$/.exec(text)?.[1];
}

/** `\x{1F408}` */
function decodeUnitext(text: string): string {
  return text.replaceAll(/\\x\{([0-9A-Fa-f]{2,6})\}/g, (escape, hex) => {
    const code = Number.parseInt(String(hex), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : escape;
  });
}

/** Only what had to be encoded is decoded, since a plus sign is common in addresses. */
export function decodeXtext(text: string): string {
  return text.replaceAll(/\+(2B|3D|20)/g, (_, hex) => String.fromCharCode(Number.parseInt(String(hex), 16)));
}

export function sameAddress(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
