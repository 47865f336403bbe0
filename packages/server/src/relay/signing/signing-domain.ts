import { domainToASCII } from 'node:url';
import addressparser from 'nodemailer/lib/addressparser';
import { rawValue, type HeaderBlock } from '../header-block.ts';

/**
 * The one domain of the mail's authors, ASCII and lower case. Undefined for a mail that names none or several, by
 * several From fields or mailboxes: whom a signature would speak for could not be said (RFC 7489 §6.6.1).
 */
export function authorDomain(message: Uint8Array, { fields }: HeaderBlock): string | undefined {
  const [from, ...others] = fields.filter(({ name }) => name === 'from');
  if (from === undefined || others.length > 0) return undefined;
  const text = Buffer.from(rawValue(message, from), 'latin1').toString('utf8');
  const domains = new Set(
    addressparser(text, { flatten: true }).map(({ address }) => asciiDomain(address.split('@').at(-1) ?? '')),
  );
  const [domain = '', ...more] = domains;
  return domain === '' || more.length > 0 ? undefined : domain;
}

/** RFC 5891; empty when it is no domain. */
export function asciiDomain(domain: string): string {
  return domainToASCII(domain.trim().replace(/\.$/, '')).toLowerCase();
}

/** The domain itself, then its parents: `a.b.example` → `a.b.example`, `b.example`, `example`. */
export function domainAndParents(domain: string): string[] {
  const labels = domain.split('.');
  return labels.map((_, index) => labels.slice(index).join('.'));
}
