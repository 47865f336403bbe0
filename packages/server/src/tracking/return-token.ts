import type { WorkspaceId } from '../kernel/ids.ts';
import { MAC_BYTES, type Keyring } from './keyring.ts';

/** Which delivery a return path or envelope id belongs to. */
export interface ReturnClaims {
  workspaceId: WorkspaceId;
  /** The delivery's id. */
  subject: string;
}

/*
 * Layout, 37 bytes, base32 (RFC 4648 §6) in lower case without padding (60 characters):
 *   0      key id
 *   1–4    workspace id, big-endian
 *   5–20   delivery id
 *   21–36  HMAC-SHA256, its first 128 bits
 *
 * Base32, since mail systems change the case of local parts; 60 characters, since a local part has at most 64
 * (RFC 5321 §4.5.3.1.1).
 */
const BODY_BYTES = 21;
const TOKEN_BYTES = BODY_BYTES + MAC_BYTES;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const TOKEN = new RegExp(`^[${ALPHABET}]{${Math.ceil((TOKEN_BYTES * 8) / 5)}}$`);
const SUBJECT = /^[0-9a-f]{32}$/;
const PREFIX = 'wb+';

/** Only letters and digits: an envelope id (RFC 3461 §4.4) as it is, in need of no xtext. */
export function encodeReturnToken(keyring: Keyring, { workspaceId, subject }: ReturnClaims): string {
  if (!SUBJECT.test(subject)) throw new RangeError('a token’s subject is 32 lower-case hex digits');
  const bytes = Buffer.alloc(TOKEN_BYTES);
  bytes[0] = keyring.signingKeyId;
  bytes.writeUInt32BE(workspaceId, 1);
  bytes.write(subject, 5, 'hex');
  const body = bytes.subarray(0, BODY_BYTES);
  keyring.sign({ workspaceId, domain: 'return', body, destination: '' }, bytes.subarray(BODY_BYTES));
  return toBase32(bytes);
}

/** In any letter case. @returns undefined for whatever this keyring did not sign */
export function verifyReturnToken(keyring: Keyring, token: string): ReturnClaims | undefined {
  const text = token.toLowerCase();
  if (!TOKEN.test(text)) return undefined;
  const bytes = fromBase32(text);
  // One spelling only: the last character has bits to spare.
  if (toBase32(bytes) !== text) return undefined;
  const workspaceId = bytes.readUInt32BE(1) as WorkspaceId;
  const body = bytes.subarray(0, BODY_BYTES);
  const signed = { workspaceId, domain: 'return', body, destination: '' } as const;
  if (!keyring.verify(bytes[0] ?? 0, signed, bytes.subarray(BODY_BYTES))) return undefined;
  return { workspaceId, subject: bytes.toString('hex', 5, BODY_BYTES) };
}

/** A delivery's own return path (VERP): `wb+<token>@<domain>`. */
export function returnAddress(keyring: Keyring, domain: string, claims: ReturnClaims): string {
  return `${PREFIX}${encodeReturnToken(keyring, claims)}@${domain}`;
}

/** Whose return path an address is, on whatever domain; undefined for all others and for forged ones. */
export function verifyReturnAddress(keyring: Keyring, address: string): ReturnClaims | undefined {
  const at = address.lastIndexOf('@');
  if (at === -1 || address.slice(0, PREFIX.length).toLowerCase() !== PREFIX) return undefined;
  return verifyReturnToken(keyring, address.slice(PREFIX.length, at));
}

function toBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5;) {
      bits -= 5;
      text += ALPHABET[(value >> bits) & 31];
    }
  }
  return bits === 0 ? text : text + ALPHABET[(value << (5 - bits)) & 31];
}

/** Bits that fill no whole byte are dropped. */
function fromBase32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of text) {
    value = ((value << 5) | ALPHABET.indexOf(character)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
    }
  }
  return Buffer.from(bytes);
}
