/**
 * What does a DKIM signature cost? Prints messages a second and ratios against the bare RSA or Ed25519 operation, and
 * against `mailauth` signing the same mail:
 *
 *   node packages/server/bench/signing.ts
 */
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { MailSigner, newSigningKey, type SigningAlgorithm } from '../src/relay/signing/signing.ts';

const SECONDS = 1.5;
const HEADER =
  'From: Ann <ann@example.org>\r\nTo: Bob <bob@example.net>\r\nSubject: The offer\r\n' +
  'Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n' +
  'Content-Type: text/html; charset=utf-8\r\nList-Unsubscribe: <https://example.org/u>\r\n\r\n';
const BODIES: Record<string, Buffer> = {
  '20 KB of HTML': Buffer.from('<tr>  <td>Some words of an offer, and a price</td>  </tr>\r\n'.repeat(345)),
  '20 KB of base64': Buffer.from(`${'QUJD'.repeat(19)}\r\n`.repeat(262)),
  '5 MB of base64': Buffer.from(`${'QUJD'.repeat(19)}\r\n`.repeat(67_000)),
};
const ALGORITHMS: SigningAlgorithm[] = ['rsa-sha256', 'ed25519-sha256'];

async function perSecond(once: () => Promise<unknown> | void): Promise<number> {
  const warm = performance.now();
  while (performance.now() - warm < 300) await once();
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < SECONDS * 1000) {
    await once();
    count++;
  }
  return (count / (performance.now() - start)) * 1000;
}

for (const algorithm of ALGORITHMS) {
  const pem = newSigningKey(algorithm);
  const key = createPrivateKey(pem);
  const place = { domain: 'example.org', selector: 's' };
  const theirs = { signingDomain: place.domain, selector: place.selector, privateKey: pem };
  const signer = new MailSigner({ keys: () => [{ ...place, algorithm, key }], clock: () => Date.now() });
  for (const [name, body] of Object.entries(BODIES)) {
    const mail = Buffer.concat([Buffer.from(HEADER), body]);
    const ours = await perSecond(() => signer.sign(mail, { changed: false }));
    const bare = await perSecond(() => {
      const digest = createHash('sha256').update(mail).digest();
      sign(algorithm === 'rsa-sha256' ? 'sha256' : null, digest, key);
    });
    const mailauth = await perSecond(() => dkimSign(mail, { ...theirs, signatureData: [{ ...theirs }] }));
    process.stdout.write(
      `${algorithm.padEnd(14)} ${name.padEnd(15)} ${ours.toFixed(0).padStart(6)} a second, ` +
        `${(ours / bare).toFixed(2)}x a bare hash and signature, ${(ours / mailauth).toFixed(1)}x mailauth\n`,
    );
  }
}
