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

/** By the address alone, whether several people read what goes to it. @returns the reason to say so */
export function sharedCopy(address: string): Reason | undefined {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at).toLowerCase().replace(/\+.*$/, '');
  const domain = address.slice(at + 1).toLowerCase();
  if (LIST_DOMAINS.has(domain) || LIST_DOMAINS.has(domain.slice(0, Math.max(0, domain.indexOf('.')))))
    return LIST;
  const hyphen = local.lastIndexOf('-');
  if (hyphen > 0 && LIST_ENDINGS.has(local.slice(hyphen + 1))) return LIST;
  return ROLES.has(local) ? ROLE : undefined;
}
