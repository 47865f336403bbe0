import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from './signature.ts';

/** What is published of a key, as a TXT record (RFC 6376 §3.6). */
export interface KeyRecord {
  /** `selector._domainkey.domain` */
  name: string;
  value: string;
  /** The value in the pieces of up to 255 bytes that a TXT record is made of (RFC 1035 §3.3.14). */
  strings: string[];
}

/** A private key in PEM form (PKCS #8). */
export function newSigningKey(algorithm: SigningAlgorithm): string {
  // Longer RSA keys do not fit everywhere: verifiers need to support up to 2048 bits only (RFC 8301 §3.2).
  const { privateKey } =
    algorithm === 'rsa-sha256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' });
}

/** @param key the private one, as PEM or loaded */
export function keyRecord(
  key: string | KeyObject,
  { domain, selector }: { domain: string; selector: string },
): KeyRecord {
  // Node's types have no private KeyObject here; its documentation has ("crypto.createPublicKey").
  const publicKey = createPublicKey(
    typeof key === 'string' ? key : key.export({ type: 'pkcs8', format: 'pem' }),
  );
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const isRsa = publicKey.asymmetricKeyType === 'rsa';
  // RFC 8463 §4: an Ed25519 key is its 32 bytes, without the frame around them.
  const encoded = (isRsa ? der : der.subarray(-32)).toString('base64');
  const value = `v=DKIM1; k=${isRsa ? 'rsa' : 'ed25519'}; p=${encoded}`;
  return { name: `${selector}._domainkey.${domain}`, value, strings: value.match(/.{1,255}/g) ?? [] };
}
