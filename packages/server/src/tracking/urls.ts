import { AppError } from '../kernel/errors.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import { encodeDestination, isHttpUrl, isTrackableDestination, readDestination } from './destination.ts';
import type { Keyring } from './keyring.ts';
import {
  decodeToken,
  encodeToken,
  LAST_LINK,
  TOKEN_CHARACTERS,
  TRAP_INDEX,
  type TokenClaims,
} from './token.ts';

/** `<publicUrl>/o/<token>.gif`. @param publicUrl without a slash at the end */
export function pixelUrl(keyring: Keyring, publicUrl: string, claims: TokenClaims): string {
  return `${publicUrl}/o/${encodeToken(keyring, 'pixel', { ...claims, linkIndex: 0 })}.gif`;
}

/**
 * `<publicUrl>/l/<token>?to=<destination>`. The destination travels in the address, so the link works for ever.
 * @throws AppError `invalid-input` for a destination that {@link isTrackableDestination} refuses
 */
export function linkUrl(
  keyring: Keyring,
  publicUrl: string,
  claims: TokenClaims,
  destination: string,
): string {
  if (!isTrackableDestination(destination)) {
    throw new AppError(
      'invalid-input',
      'Only http and https addresses of reasonable length can be tracked links.',
    );
  }
  if (claims.linkIndex < 1 || claims.linkIndex > LAST_LINK) {
    throw new RangeError(`links count from 1 to ${LAST_LINK}, and this is ${claims.linkIndex}`);
  }
  const token = encodeToken(keyring, 'link', claims, destination);
  return `${publicUrl}/l/${token}?to=${encodeDestination(destination)}`;
}

/** Where the edge has a page that says why a link led there: see {@link trapUrl}. */
export const TRAP_PAGE = 'nowhere';

/**
 * The address of the link that nobody can see, which leads to a page of the tracking host itself. In mode `full` only: in
 * the others nothing is kept that it could be held against.
 */
export function trapUrl(
  keyring: Keyring,
  publicUrl: string,
  claims: Pick<TokenClaims, 'workspaceId' | 'subject'>,
): string {
  const destination = `${publicUrl}/l/${TRAP_PAGE}`;
  const token = encodeToken(keyring, 'link', { ...claims, linkIndex: TRAP_INDEX, mode: 'full' }, destination);
  return `${publicUrl}/l/${token}?to=${encodeDestination(destination)}`;
}

/** Whether a click's link is one that nobody can see. */
export function isTrap({ linkIndex }: { linkIndex?: number | undefined }): boolean {
  return linkIndex === TRAP_INDEX;
}

/** As long as the link to a destination will be, and signed for nobody: to see what would become of a mail. */
export function unsignedLinkUrl(publicUrl: string, destination: string): string {
  return `${publicUrl}/l/${UNSIGNED}?to=${encodeDestination(destination)}`;
}

const UNSIGNED = '-'.repeat(TOKEN_CHARACTERS);

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
export function verifyLinkToken(
  keyring: Keyring,
  token: string,
  destination: string,
): TokenClaims | undefined {
  const claims = decodeToken(keyring, 'link', token, destination);
  return claims !== undefined && isHttpUrl(destination) ? claims : undefined;
}

export function verifyPageToken(
  keyring: Keyring,
  token: string,
): { workspaceId: WorkspaceId; subject: string } | undefined {
  const claims = decodeToken(keyring, 'page', token);
  return claims && { workspaceId: claims.workspaceId, subject: claims.subject };
}

/**
 * One of our paths, in what stands behind the last `#` of an address: an image proxy may carry the original there, as
 * Gmail's does (`https://ci3.googleusercontent.com/meips/…#https://track.example.org/o/TOKEN.gif`).
 */
const PIXEL_PATH = /\/o\/([\w-]+)\.gif(?:\?|$)/;
const LINK_PATH = /^https?:\/\/[^?#\s]+\/l\/([\w-]+)\?([^#\s]*)(?:#\S*)?$/i;

/** Few addresses of others have it, and need to be looked at. */
const OWN_PATH = /\/[ol]\//i;

/** What one of our own addresses says, whichever host it is on; undefined for all others and for altered ones. */
export function readTrackedUrl(
  keyring: Keyring,
  url: string,
): { kind: 'pixel' | 'link' | 'trap'; claims: TokenClaims; destination?: string } | undefined {
  if (!OWN_PATH.test(url) || !/^https?:\/\//i.test(url)) return undefined;
  const pixelToken = PIXEL_PATH.exec(url.split(/[#\s]/).at(-1) ?? '')?.[1];
  if (pixelToken !== undefined) {
    const claims = verifyPixelToken(keyring, pixelToken);
    return claims && { kind: 'pixel', claims };
  }
  const [, linkToken, query] = LINK_PATH.exec(url) ?? [];
  const destination = query === undefined ? undefined : readDestination(query);
  if (linkToken === undefined || destination === undefined) return undefined;
  const claims = verifyLinkToken(keyring, linkToken, destination);
  return claims && { kind: isTrap(claims) ? 'trap' : 'link', claims, destination };
}
