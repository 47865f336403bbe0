import type { Reason } from '@waybill/sdk';
import table from '../../data/shared-addresses.json' with { type: 'json' };

const ROLES: ReadonlySet<string> = new Set(table.roles);
const LIST_ENDINGS: ReadonlySet<string> = new Set(table.listEndings);
const LIST_DOMAINS: ReadonlySet<string> = new Set(table.listDomains);

const LIST: Reason = {
  code: 'shared-list',
  text: 'Several people share this copy: the address looks like a mailing list. Who of them it was cannot be told.',
};
const ROLE: Reason = {
  code: 'shared-role',
  text: 'Several people share this copy: the address is for a role, not for one person. Who of them it was cannot be told.',
};

const SEEN: Record<'list-fields' | 'expanded', Reason> = {
  'list-fields': {
    code: 'shared-list-fields',
    text: 'Several people share this copy: mail that came through this address, or went to it, names it as a mailing list. Who of them it was cannot be told.',
  },
  expanded: {
    code: 'shared-expanded',
    text: 'Several people share this copy: a mail system said that mail to this address goes on to several. Who of them it was cannot be told.',
  },
};

/**
 * Whether several people read what goes to an address: as mail has shown it, else by the address alone. That a copy is
 * opened by several programs is no sign of it: one person has several, and a copy that was passed on looks the same.
 * @returns the reason to say so
 */
export function sharedCopy(address: string, seen?: keyof typeof SEEN): Reason | undefined {
  if (seen !== undefined) return SEEN[seen];
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at).toLowerCase().replace(/\+.*$/, '');
  const domain = address.slice(at + 1).toLowerCase();
  if (LIST_DOMAINS.has(domain) || LIST_DOMAINS.has(domain.slice(0, Math.max(0, domain.indexOf('.')))))
    return LIST;
  const hyphen = local.lastIndexOf('-');
  if (hyphen > 0 && LIST_ENDINGS.has(local.slice(hyphen + 1))) return LIST;
  return ROLES.has(local) ? ROLE : undefined;
}
