import type { WorkspaceId } from '../kernel/ids.ts';
import { HkdfSha256, HmacSha256 } from './hmac-sha256.ts';

/** A signature for one purpose is worth nothing for another. */
export type SigningDomain = 'pixel' | 'link' | 'page' | 'return';

export const MAC_BYTES = 16;
const KEY_BYTES = 32;
const CACHED_KEYS = 1_000;

/** What a MAC is about. */
export interface Signed {
  workspaceId: WorkspaceId;
  domain: SigningDomain;
  /** The token's bytes before its MAC. */
  body: Uint8Array;
  /** Empty but for links. */
  destination: string;
}

/**
 * Master keys by id (0 to 255, 32 bytes each). The highest id signs, all verify, so adding a key rotates and nothing
 * that was sent breaks. Each workspace signs with a key of its own, derived by HKDF-SHA256 (RFC 5869).
 */
export class Keyring {
  readonly signingKeyId: number;
  readonly #masters = new Map<number, HkdfSha256>();
  /** Least recently used first. Only keys that have signed or verified something: a forger adds and displaces none. */
  readonly #derived = new Map<number, HmacSha256>();

  /** The key that was used last: it stands at the end already. */
  #latest: number | undefined;

  constructor(masterKeys: ReadonlyMap<number, Uint8Array>) {
    for (const [id, key] of masterKeys) {
      if (!Number.isInteger(id) || id < 0 || id > 255)
        throw new RangeError(`a key id is from 0 to 255, not ${id}`);
      if (key.length !== KEY_BYTES)
        throw new RangeError(`key ${id} has ${key.length} bytes, not ${KEY_BYTES}`);
      this.#masters.set(id, new HkdfSha256(key, SALT));
    }
    if (this.#masters.size === 0) throw new RangeError('a keyring needs at least one key');
    this.signingKeyId = Math.max(...this.#masters.keys());
  }

  /** Derived keys that are held, at most 1,000. */
  get heldKeys(): number {
    return this.#derived.size;
  }

  /** With the newest key. @param mac takes the signature */
  sign(signed: Signed, mac: Uint8Array): void {
    const key = this.#key(this.signingKeyId, signed.workspaceId);
    if (key === undefined) throw new Error('the signing key is missing');
    this.#keep(this.signingKeyId, signed.workspaceId, key);
    writeMac(key, signed, mac);
  }

  /** In constant time. False also when there is no key of this id. */
  verify(keyId: number, signed: Signed, mac: Uint8Array): boolean {
    const key = this.#key(keyId, signed.workspaceId);
    if (key === undefined) return false;
    writeMac(key, signed, expected);
    if (!isSame(expected, mac)) return false;
    this.#keep(keyId, signed.workspaceId, key);
    return true;
  }

  #key(keyId: number, workspaceId: WorkspaceId): HmacSha256 | undefined {
    const held = this.#derived.get(nameOf(keyId, workspaceId));
    if (held !== undefined) return held;
    const master = this.#masters.get(keyId);
    if (master === undefined) return undefined;
    const info = Buffer.alloc(4);
    info.writeUInt32BE(workspaceId, 0);
    return new HmacSha256(master.derive(info, KEY_BYTES));
  }

  #keep(keyId: number, workspaceId: WorkspaceId, key: HmacSha256): void {
    const name = nameOf(keyId, workspaceId);
    // The links of a mail are signed one after the other.
    if (name === this.#latest) return;
    this.#latest = name;
    this.#derived.delete(name);
    this.#derived.set(name, key);
    if (this.#derived.size <= CACHED_KEYS) return;
    const [oldest] = this.#derived.keys();
    if (oldest !== undefined) this.#derived.delete(oldest);
  }
}

function nameOf(keyId: number, workspaceId: WorkspaceId): number {
  return keyId * 2 ** 32 + workspaceId;
}

const SALT = Buffer.from('waybill token v1');
const DOMAINS = {
  pixel: Buffer.from('pixel'),
  link: Buffer.from('link'),
  page: Buffer.from('page'),
  return: Buffer.from('return'),
};
const LENGTHS_BYTES = 9;

/** Scratch: signing is synchronous. */
let message: Buffer = Buffer.alloc(512);
const expected = new Uint8Array(MAC_BYTES);

/** 128-bit truncated HMAC-SHA256 (RFC 2104, truncation as of its section 5) over length-prefixed fields. */
function writeMac(key: HmacSha256, { domain, body, destination }: Signed, mac: Uint8Array): void {
  const domainBytes = DOMAINS[domain];
  const destinationBytes = destination === '' ? 0 : Buffer.byteLength(destination);
  const length = LENGTHS_BYTES + domainBytes.length + body.length + destinationBytes;
  if (message.length < length) message = Buffer.alloc(length);
  message[0] = domainBytes.length;
  message.writeUInt32BE(body.length, 1);
  message.writeUInt32BE(destinationBytes, 5);
  message.set(domainBytes, LENGTHS_BYTES);
  message.set(body, LENGTHS_BYTES + domainBytes.length);
  if (destinationBytes > 0) message.write(destination, length - destinationBytes, 'utf8');
  key.write(message, length, mac);
}

/** In constant time: how far two MACs agree must not be measurable. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return difference === 0;
}
