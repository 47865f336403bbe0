import { createHmac, createSecretKey, hkdfSync, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { WorkspaceId } from '../kernel/ids.ts';

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
  readonly #masters = new Map<number, Uint8Array>();
  /** Least recently used first. Only keys that have signed or verified something: a forger adds and displaces none. */
  readonly #derived = new Map<number, KeyObject>();

  /** The key that was used last: it stands at the end already. */
  #latest: number | undefined;

  constructor(masterKeys: ReadonlyMap<number, Uint8Array>) {
    for (const [id, key] of masterKeys) {
      if (!Number.isInteger(id) || id < 0 || id > 255)
        throw new RangeError(`a key id is from 0 to 255, not ${id}`);
      if (key.length !== KEY_BYTES)
        throw new RangeError(`key ${id} has ${key.length} bytes, not ${KEY_BYTES}`);
      this.#masters.set(id, Uint8Array.from(key));
    }
    if (this.#masters.size === 0) throw new RangeError('a keyring needs at least one key');
    this.signingKeyId = Math.max(...this.#masters.keys());
  }

  /** Derived keys that are held, at most 1,000. */
  get heldKeys(): number {
    return this.#derived.size;
  }

  /** With the newest key. */
  sign(signed: Signed): Buffer {
    const key = this.#key(this.signingKeyId, signed.workspaceId);
    if (key === undefined) throw new Error('the signing key is missing');
    this.#keep(this.signingKeyId, signed.workspaceId, key);
    return macOf(key, signed);
  }

  /** In constant time. False also when there is no key of this id. */
  verify(keyId: number, signed: Signed, mac: Uint8Array): boolean {
    const key = this.#key(keyId, signed.workspaceId);
    if (key === undefined || !timingSafeEqual(macOf(key, signed), mac)) return false;
    this.#keep(keyId, signed.workspaceId, key);
    return true;
  }

  #key(keyId: number, workspaceId: WorkspaceId): KeyObject | undefined {
    const held = this.#derived.get(nameOf(keyId, workspaceId));
    if (held !== undefined) return held;
    const master = this.#masters.get(keyId);
    if (master === undefined) return undefined;
    const info = Buffer.alloc(4);
    info.writeUInt32BE(workspaceId, 0);
    return createSecretKey(Buffer.from(hkdfSync('sha256', master, 'waybill token v1', info, KEY_BYTES)));
  }

  #keep(keyId: number, workspaceId: WorkspaceId, key: KeyObject): void {
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

/** 128-bit truncated HMAC-SHA256 (RFC 2104, truncation as of its section 5) over length-prefixed fields. */
function macOf(key: KeyObject, { domain, body, destination }: Signed): Buffer {
  const destinationBytes = Buffer.byteLength(destination);
  const fieldsAt = LENGTHS_BYTES + domain.length;
  // In one piece: each further call of the digest costs as much as the hashing.
  const signed = Buffer.allocUnsafe(fieldsAt + body.length + destinationBytes);
  signed.writeUInt8(domain.length, 0);
  signed.writeUInt32BE(body.length, 1);
  signed.writeUInt32BE(destinationBytes, 5);
  signed.write(domain, LENGTHS_BYTES, 'latin1');
  signed.set(body, fieldsAt);
  signed.write(destination, fieldsAt + body.length, 'utf8');
  return createHmac('sha256', key).update(signed).digest().subarray(0, MAC_BYTES);
}

const LENGTHS_BYTES = 9;
