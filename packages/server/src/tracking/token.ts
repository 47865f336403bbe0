import type { WorkspaceId } from '../kernel/ids.ts';
import { MAC_BYTES, type Keyring, type SigningDomain } from './keyring.ts';

/** What may be recorded; `off` never has a token. The deny set can only lower it. */
export type TokenMode = 'full' | 'day' | 'aggregate';

export interface TokenClaims {
  workspaceId: WorkspaceId;
  /** 32 lower-case hex digits: the delivery's id, or the message's in mode `aggregate`. */
  subject: string;
  /** 0 is the pixel; links count from 1 to {@link LAST_LINK}; then comes {@link TRAP_INDEX}. */
  linkIndex: number;
  mode: TokenMode;
}

/** Of the link that nobody can see: told from the hit alone, with no look-up. See docs/adr/0014. */
export const TRAP_INDEX = 0xffff;
export const LAST_LINK = TRAP_INDEX - 1;

/*
 * Layout, 40 bytes, base64url without padding (54 characters); docs/adr/0010-token.md says why:
 *   0      version (high nibble, 1) and mode (low nibble)
 *   1      key id
 *   2–5    workspace id, big-endian
 *   6–21   subject
 *   22–23  link index, big-endian
 *   24–39  HMAC-SHA256, its first 128 bits
 */
const VERSION = 1;
const BODY_BYTES = 24;
const TOKEN_BYTES = BODY_BYTES + MAC_BYTES;
export const TOKEN_CHARACTERS = Math.ceil((TOKEN_BYTES * 8) / 6);
const MODES: readonly TokenMode[] = ['full', 'day', 'aggregate'];
const SUBJECT = /^[0-9a-f]{32}$/;

/** Signs claims in a domain. A link's destination is part of what is signed, not of the token. */
export function encodeToken(
  keyring: Keyring,
  domain: SigningDomain,
  claims: TokenClaims,
  destination = '',
): string {
  if (!(Number.isInteger(claims.linkIndex) && claims.linkIndex >= 0 && claims.linkIndex <= 0xffff)) {
    throw new RangeError(`a link index is from 0 to 65535, and this is ${claims.linkIndex}`);
  }
  writeSubject(claims.subject);
  signed[0] = (VERSION << 4) | MODES.indexOf(claims.mode);
  signed[1] = keyring.signingKeyId;
  signed.writeUInt32BE(claims.workspaceId, 2);
  signed.writeUInt16BE(claims.linkIndex, 22);
  const { workspaceId } = claims;
  keyring.sign({ workspaceId, domain, body: signedBody, destination }, signedMac);
  return signed.toString('base64url');
}

/** Scratch: encoding is synchronous. */
const signed = Buffer.alloc(TOKEN_BYTES);
const signedBody = signed.subarray(0, BODY_BYTES);
const signedMac = signed.subarray(BODY_BYTES);
/** What stands there already: the links of a copy are signed one after the other. */
let writtenSubject = '';

function writeSubject(subject: string): void {
  if (subject === writtenSubject) return;
  if (!SUBJECT.test(subject)) throw new RangeError('a token’s subject is 32 lower-case hex digits');
  signed.write(subject, 6, 'hex');
  writtenSubject = subject;
}

/** @returns undefined for whatever this keyring did not sign, in this spelling, for this domain and destination */
export function decodeToken(
  keyring: Keyring,
  domain: SigningDomain,
  token: string,
  destination = '',
): TokenClaims | undefined {
  if (!decodeInto(token)) return undefined;
  const head = bytes[0] ?? 0;
  const mode = MODES[head & 15];
  if (head >> 4 !== VERSION || mode === undefined) return undefined;
  const workspaceId = bytes.readUInt32BE(2) as WorkspaceId;
  if (!keyring.verify(bytes[1] ?? 0, { workspaceId, domain, body, destination }, mac)) return undefined;
  return {
    workspaceId,
    subject: bytes.toString('hex', 6, 22),
    linkIndex: bytes.readUInt16BE(22),
    mode,
  };
}

/** Scratch: decoding is synchronous. */
const bytes = Buffer.alloc(TOKEN_BYTES);
const body = bytes.subarray(0, BODY_BYTES);
const mac = bytes.subarray(BODY_BYTES);

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Value of each character of base64url by its code; 64 for all others. */
const SEXTETS = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = ALPHABET.indexOf(String.fromCharCode(code));
  return value === -1 ? 64 : value;
});

/** One spelling only: Node's decoder also takes `+`, `/` and stray bits at the end. @returns false for all others */
function decodeInto(token: string): boolean {
  if (token.length !== TOKEN_CHARACTERS) return false;
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let index = 0; index < TOKEN_CHARACTERS; index++) {
    const value = SEXTETS[token.charCodeAt(index)] ?? 64;
    if (value === 64) return false;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = held >> bits;
  }
  return (held & ((1 << bits) - 1)) === 0;
}
