import type { WorkspaceId } from '../kernel/ids.ts';

/** Where it is known from that several people read what goes to an address. */
export type SharedBecause =
  /** A mail that came through the list, or that went to it, names it as one (RFC 2369, RFC 2919). */
  | 'list-fields'
  /** A mail system said that a mail went on to several addresses behind it (RFC 3464 §2.3.3). */
  | 'expanded';

/** Port: addresses behind which several people read, as far as mail has shown it. */
export interface SharedAddresses {
  /** Notes those among `addresses` that mail of this workspace has gone to; of others nothing is kept. */
  note(
    workspaceId: WorkspaceId,
    addresses: readonly string[],
    because: SharedBecause,
    at: number,
  ): Promise<void>;
  /** Forgets what was not seen since. @returns how many there were, at most `limit` */
  forget(seenBefore: number, limit: number): Promise<number>;
}

const MAX_FIELD = 4096;
const MAX_ADDRESSES = 8;
const ADDRESS = /[^\s<>",;:()[\]@]{1,200}@[a-z0-9\p{L}.-]{1,255}/iu;
const MAILTO = new RegExp(`mailto:(${ADDRESS.source})`, 'iu');

/**
 * The addresses that a message's header names as mailing lists, in lower case. Software of lists writes these fields;
 * mail programs do not.
 * @param field the values of all fields of a name in lower case
 */
export function listAddresses(field: (name: string) => readonly string[]): string[] {
  const first = (pattern: RegExp) => (text: string) => pattern.exec(text.slice(0, MAX_FIELD));
  const found = [
    // RFC 2369 §3.4: where to post. `NO` for lists to which nobody posts.
    ...field('list-post').map((text) => first(MAILTO)(text)?.[1]),
    // Mailman; vger.kernel.org and Debian; ezmlm, Yahoo and Google (`list a@b; contact c@d`).
    ...['x-beenthere', 'x-mailing-list'].flatMap((name) =>
      field(name).map((text) => first(ADDRESS)(text)?.[0]),
    ),
    ...field('mailing-list').map((text) => first(new RegExp(`\\blist (${ADDRESS.source})`, 'iu'))(text)?.[1]),
    ...field('list-id').map(addressOfId),
  ];
  const addresses = found.filter((address) => address !== undefined).map(decoded);
  return [...new Set(addresses)].slice(0, MAX_ADDRESSES);
}

/** RFC 2919 §2: an id need not be an address, but Mailman's and many others are, with a dot for the at-sign. */
function addressOfId(text: string): string | undefined {
  const [, name, domain] = /<([^\s<>.@]+)\.([^\s<>@]+\.[^\s<>@]+)>/.exec(text.slice(0, MAX_FIELD)) ?? [];
  return name === undefined ? undefined : `${name}@${domain}`;
}

function decoded(address: string): string {
  try {
    return decodeURIComponent(address).toLowerCase();
  } catch {
    return address.toLowerCase();
  }
}
