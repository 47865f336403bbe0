import { createHash, timingSafeEqual } from 'node:crypto';
import type { RandomBytes } from '../../kernel/ids.ts';

/** Lower-case Crockford base32: no letters that look like digits. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** 256 random bits in 43 characters of base64url. */
export function newToken(random: RandomBytes): string {
  return Buffer.from(random(32)).toString('base64url');
}

/** `wb_` and 256 random bits. */
export function newApiKey(random: RandomBytes): string {
  return `wb_${newToken(random)}`;
}

/** Enough of a key to recognise it by; the rest stays 200 bits and more. */
export function prefixOf(apiKey: string): string {
  return apiKey.slice(0, 9);
}

/** Like `wb-4g7k2m`. */
export function newSmtpUsername(random: RandomBytes): string {
  return `wb-${base32(random, 6)}`;
}

/** 125 random bits in groups, since people type it into mail programs. */
export function newSmtpPassword(random: RandomBytes): string {
  return Array.from({ length: 5 }, () => base32(random, 5)).join('-');
}

/**
 * SHA-256 is enough for secrets that were generated with 125 bits or more: they cannot be guessed
 * offline, and a slow hash would cost every request.
 */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}

/** Constant-time comparison of two SHA-256 hashes in hex. */
export function hashesEqual(a: string, b: string): boolean {
  const left = Buffer.from(a, 'hex');
  const right = Buffer.from(b, 'hex');
  return left.length === right.length && timingSafeEqual(left, right);
}

function base32(random: RandomBytes, length: number): string {
  // 256 is a multiple of 32, so every symbol is equally likely.
  return Array.from(random(length), (byte) => ALPHABET.charAt(byte % 32)).join('');
}
