import { createHash, sign as signBytes, type KeyObject } from 'node:crypto';
import type { HeaderBlock } from '../header-block.ts';
import { relaxedField } from './canonical.ts';
import { signedFields } from './signed-fields.ts';

export type SigningAlgorithm = 'rsa-sha256' | 'ed25519-sha256';

/** A private key and where its public half is published: `selector._domainkey.domain`. */
export interface SigningKey {
  /** ASCII, lower case. */
  domain: string;
  selector: string;
  algorithm: SigningAlgorithm;
  key: KeyObject;
}

/**
 * A `DKIM-Signature` field with its line end (RFC 6376 §3.5): relaxed/relaxed, the whole body, no expiry.
 * @param bodyHash of the relaxed body, base64
 * @param at ms
 */
export async function signatureField(
  message: Buffer,
  header: HeaderBlock,
  { domain, selector, algorithm, key }: SigningKey,
  { bodyHash, at }: { bodyHash: string; at: number },
): Promise<string> {
  const { names, fields } = signedFields(header.fields);
  const unsigned =
    `DKIM-Signature: v=1; a=${algorithm}; c=relaxed/relaxed; d=${domain};\r\n` +
    `\ts=${selector}; t=${Math.floor(at / 1000)};\r\n` +
    `\th=${folded(names)};\r\n` +
    `\tbh=${bodyHash};\r\n` +
    `\tb=`;
  const signed = fields.map(({ start, end }) => relaxedField(message.toString('latin1', start, end)));
  // §3.7: the signature's own field comes last, with an empty `b=` and without a line end.
  const input = Buffer.from([...signed, relaxedField(unsigned)].join('\r\n'), 'latin1');
  const signature = await signatureOf(algorithm, input, key);
  return `${unsigned}${(signature.match(/.{1,74}/g) ?? []).join('\r\n\t')}\r\n`;
}

/** In the thread pool: an RSA signature takes a quarter of a millisecond. */
function signatureOf(algorithm: SigningAlgorithm, input: Buffer, key: KeyObject): Promise<string> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, signature: Buffer): void => {
      if (error === null) resolve(signature.toString('base64'));
      else reject(error);
    };
    if (algorithm === 'rsa-sha256') signBytes('sha256', input, key, done);
    // RFC 8463 §3: what is signed is the hash.
    else signBytes(null, createHash('sha256').update(input).digest(), key, done);
  });
}

/** Names joined by colons, in lines of up to 76 characters (§3.5 allows folding around each colon). */
function folded(names: readonly string[]): string {
  const lines: string[] = [];
  let line = '';
  for (const name of names) {
    if (line !== '' && line.length + name.length > 68) {
      lines.push(line);
      line = '';
    }
    line += `${name}:`;
  }
  lines.push(line.slice(0, -1));
  return lines.join('\r\n\t ');
}
