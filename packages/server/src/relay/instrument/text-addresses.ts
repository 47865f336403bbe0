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

/** What ends a sentence, or closes a bracket that was opened before the address, is not part of it. */
function withoutPunctuation(found: string): string {
  const open = new Map(Object.values(CLOSING).map((bracket) => [bracket, 0]));
  for (const character of found) {
    const opening = CLOSING[character] ?? character;
    const count = open.get(opening);
    if (count !== undefined) open.set(opening, count + (opening === character ? 1 : -1));
  }
  let end = found.length;
  for (; end > 0; end -= 1) {
    const last = found.charAt(end - 1);
    const opening = CLOSING[last];
    const surplus = opening === undefined ? 0 : -(open.get(opening) ?? 0);
    if (opening !== undefined && surplus <= 0) break;
    if (opening === undefined && !/[.,;:!?'*`|]/.test(last)) break;
    if (opening !== undefined) open.set(opening, 1 - surplus);
  }
  return found.slice(0, end);
}
