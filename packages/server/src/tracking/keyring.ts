import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { WorkspaceId } from '../kernel/ids.ts';

/** A signature for one purpose is worth nothing for another. */
export type SigningDomain = 'pixel' | 'link' | 'page';

export const MAC_BYTES = 16;
const KEY_BYTES = 32;
/** Forged tokens name random workspaces; their derived keys must not fill the memory. */
const CACHED_KEYS = 1_000;

/**
 * Master keys by id (0 to 255, 32 bytes each). The highest id signs, all verify, so adding a key rotates and nothing
 * that was sent breaks. Each workspace signs with a key of its own, derived by HKDF-SHA256 (RFC 5869).
 */
export class Keyring {
  readonly signingKeyId: number;
  readonly #masters = new Map<number, Uint8Array>();
  readonly #derived = new Map<string, KeyObject>();

  constructor(masterKeys: ReadonlyMap<number, Uint8Array>) {
    for (const [id, key] of masterKeys) {
      if (!Number.isInteger(id) || id < 0 || id > 255) throw new RangeError(`a key id is from 0 to 255, not ${id}`);
      if (key.length !== KEY_BYTES) throw new RangeError(`key ${id} has ${key.length} bytes, not ${KEY_BYTES}`);
      this.#masters.set(id, Uint8Array.from(key));
    }
    if (this.#masters.size === 0) throw new RangeError('a keyring needs at least one key');
    this.signingKeyId = Math.max(...this.#masters.keys());
  }

  /**
   * 128-bit truncated HMAC-SHA256 (RFC 2104, truncation as of its section 5) over length-prefixed fields.
   * @returns undefined when there is no key of this id
   */
  mac(
    keyId: number,
    workspaceId: WorkspaceId,
    domain: SigningDomain,
    body: Uint8Array,
    destination: string,
  ): Buffer | undefined {
    const key = this.#key(keyId, workspaceId);
    if (key === undefined) return undefined;
    const target = Buffer.from(destination, 'utf8');
    const lengths = Buffer.alloc(9);
    lengths.writeUInt8(domain.length, 0);
    lengths.writeUInt32BE(body.length, 1);
    lengths.writeUInt32BE(target.length, 5);
    const hmac = createHmac('sha256', key).update(lengths).update(domain).update(body).update(target);
    return hmac.digest().subarray(0, MAC_BYTES);
  }

  #key(keyId: number, workspaceId: WorkspaceId): KeyObject | undefined {
    const name = `${keyId}:${workspaceId}`;
    const known = this.#derived.get(name);
    if (known !== undefined) return known;
    const master = this.#masters.get(keyId);
    if (master === undefined) return undefined;
    const info = Buffer.alloc(4);
    info.writeUInt32BE(workspaceId, 0);
    const bytes = hkdfSync('sha256', master, 'waybill token v1', info, KEY_BYTES);
    const key = createSecretKey(Buffer.from(bytes));
    if (this.#derived.size >= CACHED_KEYS) {
      const [oldest] = this.#derived.keys();
      if (oldest !== undefined) this.#derived.delete(oldest);
    }
    this.#derived.set(name, key);
    return key;
  }
}
