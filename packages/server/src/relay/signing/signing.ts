/** DKIM: signing a domain's own mail, its keys, and what is published of them. */
export { MailSigner } from './mail-signer.ts';
export { keyRecord, newSigningKey, type KeyRecord } from './new-keys.ts';
export type { SigningAlgorithm } from './signature.ts';
export { asciiDomain } from './signing-domain.ts';
export { openSigningKeys, loadSigningKeys, type SigningKeyFile, type SigningKeys } from './signing-keys.ts';
