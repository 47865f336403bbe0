/** What looks like `a@b` with something before and after; the server checks the rest. */
const mailbox = /^(?:[^<>@\s]+@[^<>@\s]+|[^<>]*<[^<>@\s]+@[^<>@\s]+>)$/;

/**
 * Splits what one types or pastes into an address field: commas, semicolons and new lines part addresses,
 * but not within quotes (`"Meier, Ann" <ann@example.org>`) or angle brackets.
 */
export function parseAddresses(text: string): string[] {
  const addresses: string[] = [];
  let current = '';
  let quoted = false;
  let bracketed = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    if (character === '<' && !quoted) bracketed = true;
    if (character === '>' && !quoted) bracketed = false;
    if (/[,;\n]/.test(character) && !quoted && !bracketed) {
      addresses.push(current);
      current = '';
    } else current += character;
  }
  addresses.push(current);
  return addresses.map((address) => address.trim()).filter((address) => address !== '');
}

/** The first entry that cannot be an address, for an error beside the field. */
export function badAddress(addresses: readonly string[]): string | undefined {
  return addresses.find((address) => !mailbox.test(address));
}
