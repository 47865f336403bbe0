/** A web address in plain text. */
export interface TextAddress {
  start: number;
  end: number;
  /** Other characters than ASCII follow, or a line end inside its brackets: the address may be longer than seen. */
  cut: boolean;
}

/** Printable ASCII without what encloses addresses. */
const ADDRESS = /https?:\/\/[!#-;=?-~]+/gi;

const CLOSING: Record<string, string> = { ')': '(', ']': '[', '}': '{' };
const BRACKETS: Record<string, string> = { '<': '>', '(': ')', '[': ']' };

/**
 * Finds web addresses as mail programs do that make them links (RFC 3986, appendix C), in one pass. An address in the
 * middle of a word is none.
 */
export function findAddresses(text: string): TextAddress[] {
  const addresses: TextAddress[] = [];
  for (const { index, 0: found } of text.matchAll(ADDRESS)) {
    if (index > 0 && /[A-Za-z0-9]/.test(text.charAt(index - 1))) continue;
    const address = withoutPunctuation(found);
    const behind = text.charAt(index + found.length);
    const closing = BRACKETS[text.charAt(index - 1)];
    const wrapped = closing !== undefined && !found.includes(closing) && /[\r\n]/.test(behind);
    addresses.push({ start: index, end: index + address.length, cut: wrapped || behind > '\x7f' });
  }
  return addresses;
}

const PUNCTUATION = ".,;:!?'*`|";

/** What ends a sentence, or closes a bracket that was opened before the address, is not part of it. */
function withoutPunctuation(found: string): string {
  let end = found.length;
  /** How many more brackets of each kind are closed than opened; counted when one stands at the end. */
  const surplus: Record<string, number> = {};
  for (; end > 0; end -= 1) {
    const last = found.charAt(end - 1);
    const opening = CLOSING[last];
    if (opening === undefined) {
      if (!PUNCTUATION.includes(last)) break;
      continue;
    }
    const unopened = (surplus[last] ??= count(found, last) - count(found, opening));
    if (unopened <= 0) break;
    surplus[last] = unopened - 1;
  }
  return found.slice(0, end);
}

function count(text: string, character: string): number {
  let found = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) found += 1;
  return found;
}
