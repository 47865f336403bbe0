import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * An answer that holds a secret, kept so that only who asked can read it again: encrypted (AES-256-GCM) under a key derived (HKDF-SHA256)
 * from the API key or session secret of the request, of which the database holds nothing but a hash.
 *
 * @param secret of the caller; generated, with 125 random bits or more
 * @param purpose what the answer is of; another one opens nothing
 */
export function seal(answer: string, secret: string, purpose: string): string {
  const [salt, iv] = [randomBytes(SALT_BYTES), randomBytes(IV_BYTES)];
  const cipher = createCipheriv('aes-256-gcm', keyFrom(secret, salt, purpose), iv);
  const text = Buffer.concat([cipher.update(answer, 'utf8'), cipher.final()]);
  return Buffer.concat([salt, iv, cipher.getAuthTag(), text]).toString('base64url');
}

/** @returns undefined for another caller's or purpose's, and for what was changed */
export function unseal(sealed: string, secret: string, purpose: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  const ivAt = SALT_BYTES;
  const tagAt = ivAt + IV_BYTES;
  const textAt = tagAt + TAG_BYTES;
  if (bytes.length < textAt) return undefined;
  const key = keyFrom(secret, bytes.subarray(0, ivAt), purpose);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(ivAt, tagAt));
  decipher.setAuthTag(bytes.subarray(tagAt, textAt));
  try {
    return decipher.update(bytes.subarray(textAt), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}

function keyFrom(secret: string, salt: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, `waybill sealed answer ${purpose}`, 32));
}
