import { isUtf8 } from 'node:buffer';
import { bytesOf, type OpenedPart } from './encoded-body.ts';
import type { ReadText } from './link-texts.ts';
import type { ReasonCode } from './reasons.ts';

/** Decoded bytes as text that can be scanned and changed. */
export interface OpenedText {
  /** For scanning: one character for each unit, whatever is no ASCII masked or meaningless. */
  text: string;
  /** Bytes of a unit: 1, or 2 in UTF-16. */
  unitBytes: 1 | 2;
  /** The real text of a range of units. */
  read: ReadText;
  /** Real text of other bytes in this character set. */
  decode(bytes: Uint8Array): string;
  /** The bytes of ASCII text in this character set, one character per byte. */
  encode(ascii: string): string;
  /** Browsers encode links in it as in UTF-8. */
  unicode: boolean;
  /** ASCII can be added at the end. */
  endsInAscii: boolean;
}

/** What mail programs write that the Encoding Standard has no label for. */
const ALIASES: Record<string, string> = {
  utf8mb4: 'utf-8',
  'utf-8n': 'utf-8',
  'cp-1252': 'windows-1252',
  chinesebig5: 'big5',
  cp936: 'gbk',
  cp932: 'shift_jis',
  'windows-932': 'shift_jis',
  cp949: 'euc-kr',
  cp950: 'big5',
  ansi: 'windows-1252',
  'unknown-8bit': 'windows-1252',
};

/**
 * @param label the part's charset parameter, undefined for none
 * @returns the code of the reason when text in it cannot be changed safely
 */
export function openCharset(
  label: string | undefined,
  part: Pick<OpenedPart, 'latin1' | 'isAscii'>,
): OpenedText | ReasonCode {
  if (startsLikeUtf16(part.latin1) && !/^utf-?16/i.test(label ?? '')) return 'charset-unsupported';
  // Unlabelled text, and text labelled US-ASCII with other bytes in it, is UTF-8 when it can be.
  const named = encodingName(label ?? 'us-ascii');
  const name =
    named === 'windows-1252' && /^(?:us-)?ascii$/i.test(label?.trim() ?? 'ascii') && isAlsoUtf8(part)
      ? 'utf-8'
      : named;
  if (name === undefined) return 'charset-unsupported';
  if (name === 'utf-16le' || name === 'utf-16be') return openUtf16(label ?? '', name, bytesOf(part));
  // Japanese mail without a label is common enough, and harmless to other mail.
  if (name === 'iso-2022-jp' || (label === undefined && holdsEscapes(part.latin1))) {
    const masked = maskIso2022Jp(bytesOf(part));
    if (masked === undefined) return 'charset-unsupported';
    return openSuperset('iso-2022-jp', part, masked);
  }
  const pairs = part.isAscii ? undefined : MULTIBYTE[name];
  const text = pairs === undefined ? part.latin1 : maskPairs(bytesOf(part), pairs);
  return openSuperset(name, part, { text, isAscii: part.isAscii, endsInAscii: true });
}

function isAlsoUtf8(part: Pick<OpenedPart, 'latin1' | 'isAscii'>): boolean {
  return part.isAscii || isUtf8(bytesOf(part));
}

/** What nearly all mail is written in, so that nothing has to be asked for it. */
const COMMON: Record<string, string> = {
  'utf-8': 'utf-8',
  'us-ascii': 'windows-1252',
  'iso-8859-1': 'windows-1252',
  'windows-1252': 'windows-1252',
};

/** The Encoding Standard's name. */
function encodingName(label: string): string | undefined {
  const wanted = label.trim().toLowerCase();
  const common = COMMON[wanted];
  if (common !== undefined) return common;
  try {
    return new TextDecoder(ALIASES[wanted] ?? wanted).encoding;
  } catch {
    return undefined;
  }
}

function startsLikeUtf16(latin1: string): boolean {
  return latin1.startsWith('\xff\xfe') || latin1.startsWith('\xfe\xff');
}

/** Text as it is scanned. */
interface Masked {
  /** One character per byte; what is no ASCII is none of ASCII's characters. */
  text: string;
  isAscii: boolean;
  endsInAscii: boolean;
}

function openSuperset(
  name: string,
  { latin1 }: Pick<OpenedPart, 'latin1'>,
  { text, isAscii, endsInAscii }: Masked,
): OpenedText {
  let decoder: TextDecoder | undefined;
  let bytes: Buffer | undefined;
  const decode = (some: Uint8Array): string => {
    decoder ??= new TextDecoder(name, { ignoreBOM: true });
    return decoder.decode(some);
  };
  return {
    text,
    unitBytes: 1,
    read: (start, end) => {
      const slice = text.slice(start, end);
      if (isAscii || !/[^\0-\x7f]/.test(slice)) return slice;
      bytes ??= Buffer.from(latin1, 'latin1');
      // Short texts cost a decoder more than twice as much.
      return name === 'utf-8' ? bytes.toString('utf8', start, end) : decode(bytes.subarray(start, end));
    },
    decode,
    encode: (ascii) => ascii,
    unicode: name === 'utf-8',
    endsInAscii,
  };
}

/** "utf-16" alone needs a byte order mark: standard and practice differ on what it means without. */
function openUtf16(label: string, name: 'utf-16le' | 'utf-16be', bytes: Buffer): OpenedText | ReasonCode {
  const marked = startsLikeUtf16(bytes.toString('latin1', 0, 2));
  const big = marked ? bytes[0] === 0xfe : name === 'utf-16be';
  const explicit = /^utf-?16-?[lb]e$/i.test(label.trim());
  const contradictory = explicit && big !== (name === 'utf-16be');
  if ((!marked && !explicit) || contradictory || bytes.length % 2 !== 0) return 'charset-unsupported';
  const toText = (some: Uint8Array): string => {
    const copy = Buffer.from(some);
    return (big ? copy.swap16() : copy).toString('utf16le');
  };
  const text = toText(bytes);
  return {
    text,
    unitBytes: 2,
    read: (start, end) => text.slice(start, end),
    decode: toText,
    encode: (ascii) => {
      const encoded = Buffer.from(ascii, 'utf16le');
      return (big ? encoded.swap16() : encoded).toString('latin1');
    },
    unicode: true,
    endsInAscii: true,
  };
}

type Range = readonly [from: number, to: number];

interface Pairs {
  lead: readonly Range[];
  trail: readonly Range[];
}

/** Second bytes of two-byte characters can look like letters and brackets; never like `<`, `>`, quotes or blanks. */
const GBK: Pairs = { lead: [[0x81, 0xfe]], trail: [[0x40, 0x7e]] };
const MULTIBYTE: Record<string, Pairs> = {
  gbk: GBK,
  gb18030: GBK,
  big5: GBK,
  'euc-kr': GBK,
  shift_jis: {
    lead: [
      [0x81, 0x9f],
      [0xe0, 0xfc],
    ],
    trail: [[0x40, 0x7e]],
  },
};

const MASK = 0x80;

/** The bytes as text, with the ASCII-like second bytes of pairs masked. @param bytes masked in place */
function maskPairs(bytes: Buffer, { lead, trail }: Pairs): string {
  for (let position = 0; position < bytes.length; position += 1) {
    if (!within(bytes[position] ?? 0, lead)) continue;
    const second = bytes[position + 1] ?? 0;
    if (second >= MASK) position += 1;
    else if (within(second, trail)) {
      position += 1;
      bytes[position] = MASK;
    }
  }
  return bytes.toString('latin1');
}

function within(byte: number, ranges: readonly Range[]): boolean {
  return ranges.some(([from, to]) => byte >= from && byte <= to);
}

const ESC = 0x1b;
/** `(B`, `$B` and `$@` behind it. */
const TO_ASCII = 0x2842;
const TO_JIS = 0x2442;
const TO_OLD_JIS = 0x2440;

function holdsEscapes(latin1: string): boolean {
  return latin1.includes('\x1b$B') || latin1.includes('\x1b$@');
}

/**
 * ISO-2022-JP switches by escape sequences (RFC 1468): text in other states than ASCII is masked.
 *
 * @param bytes masked in place
 * @returns undefined for other sequences, for states that change the meaning of ASCII, or that go over a line's end
 */
function maskIso2022Jp(bytes: Buffer): Masked | undefined {
  let ascii = true;
  for (let position = 0; position < bytes.length; position += 1) {
    const byte = bytes[position] ?? 0;
    if (byte === ESC) {
      const sequence = ((bytes[position + 1] ?? 0) << 8) | (bytes[position + 2] ?? 0);
      if (sequence !== TO_ASCII && sequence !== TO_JIS && sequence !== TO_OLD_JIS) return undefined;
      ascii = sequence === TO_ASCII;
      bytes[position] = MASK;
      bytes[position + 1] = MASK;
      bytes[position + 2] = MASK;
      position += 2;
    } else if (!ascii) {
      if (byte === 0x0a) return undefined;
      bytes[position] = MASK;
    }
  }
  return { text: bytes.toString('latin1'), isAscii: false, endsInAscii: ascii };
}
