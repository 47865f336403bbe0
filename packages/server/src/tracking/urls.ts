import { AppError } from '../kernel/errors.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { Keyring } from './keyring.ts';
import { decodeToken, encodeToken, type TokenClaims } from './token.ts';

/** `<publicUrl>/o/<token>.gif`. @param publicUrl without a slash at the end */
export function pixelUrl(keyring: Keyring, publicUrl: string, claims: TokenClaims): string {
  return `${publicUrl}/o/${encodeToken(keyring, 'pixel', { ...claims, linkIndex: 0 })}.gif`;
}

/**
 * `<publicUrl>/l/<token>?to=<destination>`. The destination travels in the address, so the link works for ever.
 * @throws AppError `invalid-input` for a destination that is not http or https
 */
export function linkUrl(keyring: Keyring, publicUrl: string, claims: TokenClaims, destination: string): string {
  if (!isHttpUrl(destination)) {
    throw new AppError('invalid-input', 'Only http and https addresses can be tracked links.');
  }
  if (claims.linkIndex < 1) throw new RangeError('links count from 1');
  const token = encodeToken(keyring, 'link', claims, destination);
  return `${publicUrl}/l/${token}?to=${encodeDestination(destination)}`;
}

/** `<publicUrl>/r/<token>`: the recipient's page of a delivery. */
export function pageUrl(
  keyring: Keyring,
  publicUrl: string,
  { workspaceId, subject }: { workspaceId: WorkspaceId; subject: string },
): string {
  return `${publicUrl}/r/${encodeToken(keyring, 'page', { workspaceId, subject, linkIndex: 0, mode: 'full' })}`;
}

export function verifyPixelToken(keyring: Keyring, token: string): TokenClaims | undefined {
  const claims = decodeToken(keyring, 'pixel', token);
  return claims?.linkIndex === 0 ? claims : undefined;
}

/** Only http and https destinations verify, whatever was signed. */
export function verifyLinkToken(keyring: Keyring, token: string, destination: string): TokenClaims | undefined {
  if (!isHttpUrl(destination)) return undefined;
  return decodeToken(keyring, 'link', token, destination);
}

export function verifyPageToken(
  keyring: Keyring,
  token: string,
): { workspaceId: WorkspaceId; subject: string } | undefined {
  const claims = decodeToken(keyring, 'page', token);
  return claims && { workspaceId: claims.workspaceId, subject: claims.subject };
}

/** What one of our own addresses says, whichever host it is on; undefined for all others and for altered ones. */
export function readTrackedUrl(
  keyring: Keyring,
  url: string,
): { kind: 'pixel' | 'link'; claims: TokenClaims; destination?: string } | undefined {
  const match = /^https?:\/\/[^/?#\s]+(?:\/[^?#\s]*?)?\/(?:o\/([\w-]+)\.gif|l\/([\w-]+))(\?[^#\s]*)?(?:#\S*)?$/i.exec(url);
  if (match === null) return undefined;
  const [, pixelToken, linkToken, query] = match;
  if (pixelToken !== undefined) {
    const claims = verifyPixelToken(keyring, pixelToken);
    return claims && { kind: 'pixel', claims };
  }
  const destination = readDestination(query ?? '');
  if (linkToken === undefined || destination === undefined) return undefined;
  const claims = verifyLinkToken(keyring, linkToken, destination);
  return claims && { kind: 'link', claims, destination };
}

/** Everything but unreserved characters is encoded: gateways and mail programs leave such a query alone. */
export function encodeDestination(destination: string): string {
  return encodeURIComponent(destination.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * The first `to` of a raw query, decoded. Not by URLSearchParams: there `+` is a space, and a destination has to
 * come back exactly as it was signed. Other parameters, which gateways add, are passed over.
 */
export function readDestination(query: string): string | undefined {
  for (const part of query.replace(/^\?/, '').split('&')) {
    if (!part.startsWith('to=')) continue;
    try {
      return decodeURIComponent(part.slice(3));
    } catch {
      return undefined;
    }
  }
  return undefined;
}

export function isHttpUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}
