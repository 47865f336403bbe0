/**
 * Addresses that smtp-server calls wrong and that exist: with quoted local parts (RFC 5321 §4.1.2), with dots where none
 * belong (Japanese mobile operators gave out `a..b.@docomo.ne.jp`), with underscores in the domain. A server before
 * Waybill has accepted mail for them; a 501 here would bounce it.
 */
export interface UnusualAddress {
  /** The command with an address that smtp-server takes. */
  command: string;
  /** The address that was meant. @param taken what smtp-server made of its stand-in */
  restored: (taken: string) => string;
}

/**
 * RFC 5321 §4.1.2 and 6531 §3.3: no control characters, which are looked for elsewhere. Beyond them no at-sign either,
 * in which old servers see a route.
 */
const QUOTED = /^"(?:[^"\\<>@]|\\[^<>@])*"$/su;
const ATOMS = /^[^\s"(),:;<>@[\\\]]+$/u;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/i;
const LONGEST = { local: 200, domain: 255 };

/**
 * @param line a MAIL or RCPT command; other ones have no address
 * @returns undefined when smtp-server can read the command by itself, or nobody can
 */
export function unusualAddress(line: string): UnusualAddress | undefined {
  const path = /:[ \t]*<((?:"(?:[^"\\<>]|\\[^<>])*"|[^"<>])*)>/s.exec(line);
  // A source route is to be ignored (RFC 5321 §4.1.1.3, appendix C).
  const address = (path?.[1] ?? '').replace(/^@[^\s,:@]+(?:,@[^\s,:@]+)*:/, '');
  const at = address.lastIndexOf('@');
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
  if (path === null || at < 1 || local.length > LONGEST.local || domain.length > LONGEST.domain) {
    return undefined;
  }
  const isOddLocal = QUOTED.test(local) || (ATOMS.test(local) && /^\.|\.\.|\.$/.test(local));
  const isOddDomain = domain.includes('_') && domain.split('.').every((label) => LABEL.test(label));
  if (!isOddLocal && !(isOddDomain && ATOMS.test(local))) return undefined;
  const stand = `${isOddLocal ? 'x' : local}@${isOddDomain ? 'example.org' : domain}`;
  return {
    command: `${line.slice(0, path.index)}:<${stand}>${line.slice(path.index + path[0].length)}`,
    restored: (taken) => `${local}@${isOddDomain ? domain : taken.slice(taken.lastIndexOf('@') + 1)}`,
  };
}
