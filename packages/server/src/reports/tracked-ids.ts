import { readTrackedUrl, verifyPageToken, type Keyring } from '../tracking/tracking.ts';
import type { WorkspaceId } from '../kernel/ids.ts';

/** What an address of ours in a returned or quoted mail names. */
export interface TrackedId {
  workspaceId: WorkspaceId;
  /** A delivery's id, or in mode `aggregate` a message's. */
  subject: string;
}

/** Returned mails have our header at their beginning, quoted ones our links near it. */
const SEARCHED_BYTES = 512 * 1024;
/** A forged address costs a signature check each. */
const MAX_CANDIDATES = 200;

const ADDRESS =
  /https?:\/\/[^\s<>"')\]]{1,300}\/(?:o\/[\w-]{54}\.gif|r\/[\w-]{54}|l\/[\w-]{54}\?[^\s<>"')\]]{1,4000})/gi;
const PAGE = /\/r\/([\w-]{54})$/;

/**
 * Our own signed addresses anywhere in a message: the disclosure header of a returned mail, its pixel and its links,
 * in quoted-printable and base64 as well. What was not signed by us is not there.
 */
export function trackedIds(keyring: Keyring, message: Uint8Array): TrackedId[] {
  const bytes = Buffer.from(message.buffer, message.byteOffset, Math.min(message.length, SEARCHED_BYTES));
  const text = bytes.toString('latin1');
  const found = new Map<string, TrackedId>();
  let left = MAX_CANDIDATES;
  for (const source of [unfolded(text), ...decodedBlocks(text)]) {
    for (const [address] of source.matchAll(ADDRESS)) {
      if ((left -= 1) < 0) return [...found.values()];
      const id = idOf(keyring, address.replaceAll('&amp;', '&'));
      if (id !== undefined) found.set(`${id.workspaceId}:${id.subject}`, id);
    }
  }
  return [...found.values()];
}

function idOf(keyring: Keyring, address: string): TrackedId | undefined {
  const page = PAGE.exec(address)?.[1];
  if (page !== undefined) return verifyPageToken(keyring, page);
  const claims = readTrackedUrl(keyring, address)?.claims;
  return claims && { workspaceId: claims.workspaceId, subject: claims.subject };
}

/** Soft line breaks and the escaped equals sign of quoted-printable, and folded header fields. */
function unfolded(text: string): string {
  return text
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=3D/gi, '=')
    .replaceAll(/:\r?\n[ \t]+(?=https?:)/gi, ': ');
}

/** Runs of base64 lines, decoded. */
function* decodedBlocks(text: string): Generator<string> {
  for (const [block] of text.matchAll(/(?:^[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]{0,76}={0,2}$/gm)) {
    yield Buffer.from(block, 'base64').toString('latin1');
  }
}
