import type { RandomBytes, TrackingNumber } from '../kernel/ids.ts';

/** Crockford's base32: no I, L, O, U (https://www.crockford.com/base32.html). */
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const RANDOM_SYMBOLS = 11;
/** x^5 + x^2 + 1, primitive over GF(2): α = x generates all 31 non-zero elements of GF(32). */
const POLYNOMIAL = 0b100101;

/**
 * A new public number of a delivery: 55 random bits and a check symbol. Uniqueness is the store's matter, which
 * refuses a number that exists; with 55 bits that is rarer than once in ten million years of heavy mailing.
 */
export function newTrackingNumber(random: RandomBytes): TrackingNumber {
  const digits = Array.from(random(RANDOM_SYMBOLS), (byte) => byte & 31);
  return format([...digits, checkDigit(digits)]);
}

/**
 * Reads a number as people write it: any case, with or without `WB`, spaces and dashes anywhere, O for 0, I and L for 1.
 * @returns the canonical `WB-XXXX-XXXX-XXXC`, or undefined when it is no number or its check symbol does not fit
 */
export function parseTrackingNumber(text: string): TrackingNumber | undefined {
  const compact = text
    .toUpperCase()
    .replaceAll(/[\s\-‐‑–—]/g, '')
    .replace(/^WB(?=.{12}$)/, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
  if (compact.length !== RANDOM_SYMBOLS + 1) return undefined;
  const digits = Array.from(compact, (symbol) => SYMBOLS.indexOf(symbol));
  if (digits.includes(-1)) return undefined;
  return checkDigit(digits.slice(0, RANDOM_SYMBOLS)) === digits[RANDOM_SYMBOLS] ? format(digits) : undefined;
}

function format(digits: readonly number[]): TrackingNumber {
  const text = digits.map((digit) => SYMBOLS.charAt(digit)).join('');
  return `WB-${text.slice(0, 4)}-${text.slice(4, 8)}-${text.slice(8)}` as TrackingNumber;
}

/**
 * The digit that makes Σ αⁱ·dᵢ zero, the check digit having weight α⁰. All weights differ and none is zero, so
 * every single wrong symbol and every swap of two neighbours changes the sum.
 */
function checkDigit(digits: readonly number[]): number {
  let sum = 0;
  for (const digit of digits) sum = timesAlpha(sum) ^ digit;
  return timesAlpha(sum);
}

function timesAlpha(value: number): number {
  const shifted = value << 1;
  return shifted & 32 ? shifted ^ POLYNOMIAL : shifted;
}
