/** What a mail's header must keep to before it is taken: size, loops, and whose mail it says it is. */
import addressparser from 'nodemailer/lib/addressparser';
import { readHeaderBlock, rawValue, type HeaderField } from './header-block.ts';
import { mayUseSender, type Refusal } from './session-policy.ts';
import type { SmtpLimits } from './smtp-limits.ts';

type HeaderLimits = Pick<SmtpLimits, 'maxHeaderBytes' | 'maxHeaderFields' | 'maxReceived'>;

export function headerRefusal(raw: Uint8Array, limits: HeaderLimits): Refusal | undefined {
  const { fields } = readHeaderBlock(raw);
  // Behind a line that is no field others begin the body, and a body may be as long as it likes.
  const garbage = fields.findIndex(({ name }) => name === '');
  const proper = garbage === -1 ? fields : fields.slice(0, garbage);
  const { end = 0 } = proper.at(-1) ?? {};
  if (end > limits.maxHeaderBytes || proper.length > limits.maxHeaderFields) {
    const text = `The header has more than ${limits.maxHeaderBytes} bytes or ${limits.maxHeaderFields} fields, which are the limits.`;
    return { code: 552, enhanced: '5.3.4', text };
  }
  // Whoever loops adds a field at each turn (RFC 5321 §6.3).
  if (fields.filter(({ name }) => name === 'received').length > limits.maxReceived) {
    const text = `The mail went through more than ${limits.maxReceived} servers: it goes round in a loop.`;
    return { code: 554, enhanced: '5.4.6', text };
  }
  return undefined;
}

/** Who a mail says it is from. A second field of the same name is as good as the first for some mail programs. */
const AUTHOR_FIELDS = new Set(['from', 'sender', 'resent-from', 'resent-sender']);

/** @param allowedFrom what the credential may send from; undefined: anything */
export function authorRefusal(
  raw: Uint8Array,
  allowedFrom: readonly string[] | undefined,
): Refusal | undefined {
  if (allowedFrom === undefined) return undefined;
  const { fields } = readHeaderBlock(raw);
  // A continuation of nothing: to some a field of its own, to others the end of the header.
  if (raw[0] === 0x20 || raw[0] === 0x09) {
    return {
      code: 550,
      enhanced: '5.7.1',
      text: 'The header begins with a blank: it must begin with a field.',
    };
  }
  if (!fields.some(({ name }) => name === 'from')) {
    const text = 'This account may send from some addresses only, so the mail needs a From field.';
    return { code: 550, enhanced: '5.7.1', text };
  }
  for (const field of fields) {
    if (!AUTHOR_FIELDS.has(field.name)) continue;
    const addresses = addressesIn(raw, field);
    if (addresses.length === 0 || addresses.some((address) => mayUseSender(allowedFrom, address))) {
      const name = field.name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
      const text = `This account may not send mail with that address in its ${name} field. Choose the sender's own address, or have it allowed for the account.`;
      return { code: 550, enhanced: '5.7.1', text };
    }
  }
  return undefined;
}

/**
 * Everything in the field that some program may take for the author's address: what the parser finds, and whatever has
 * an @ outside of quoted names and comments. Too strict for a name like `me @ home`, which can be quoted.
 */
function addressesIn(raw: Uint8Array, field: HeaderField): string[] {
  const value = Buffer.from(rawValue(raw, field), 'latin1').toString('utf8');
  // The parser needs time in the square of the length; no author list comes near.
  const parsed = value.length > LONGEST_AUTHORS ? [] : addressparser(value, { flatten: true });
  const words = withoutNames(value).split(/[\s<>,;:]+/);
  return [...parsed.map(({ address }) => address), ...words.filter((word) => word.includes('@'))].filter(
    (address) => address !== '',
  );
}

const LONGEST_AUTHORS = 20_000;

/** Without quoted strings, but for a quoted local part, and comments; what is left open at the end is no name. */
function withoutNames(value: string): string {
  let kept = '';
  let position = 0;
  while (position < value.length) {
    const name = /["(]/g;
    name.lastIndex = position;
    const start = name.exec(value)?.index ?? value.length;
    const end = start === value.length ? start : endOfName(value, start);
    if (end === undefined) return kept + value.slice(position);
    const isLocalPart = value[start] === '"' && value[end] === '@';
    kept += `${value.slice(position, start)}${isLocalPart ? value.slice(start, end) : ' '}`;
    position = Math.max(end, start);
  }
  return kept;
}

/** @returns undefined when the quoted string or comment does not end */
function endOfName(value: string, start: number): number | undefined {
  const isQuoted = value[start] === '"';
  let depth = 1;
  for (let i = start + 1; i < value.length; i++) {
    const char = value[i];
    if (char === '\\') i += 1;
    else if (!isQuoted && char === '(') depth += 1;
    else if (char === (isQuoted ? '"' : ')')) depth -= 1;
    if (depth === 0) return i + 1;
  }
  return undefined;
}
