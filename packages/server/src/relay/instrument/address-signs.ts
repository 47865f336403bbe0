/** What one look at the characters of an address tells, so that slower rules are asked only of the few that need them. */
export interface AddressSigns {
  isAscii: boolean;
  hasControls: boolean;
  /** It holds what every mark of a template language has; see placeholders.ts. */
  maybePlaceholder: boolean;
}

/**
 * An address that every parser takes (WHATWG URL §4.4): a host of letters, digits and hyphens whose last label is no
 * number, and none of IDNA's labels, which can be wrong. Group: the host.
 */
export const PLAIN_ADDRESS = /^https?:\/\/(?![^/?#]*xn--)((?:[a-z\d-]+\.)*[a-z][a-z\d-]*)(?=[/?#]|$)/i;

const PLAIN = 0;
const CONTROL = 1;
/** Rare in addresses, and part of some mark wherever it stands. */
const ODD = 2;
/** Odd behind some other character: `=-name-`, `::name:`, `##`. */
const BEHIND_OTHERS = 3;

const KINDS = kindsOfCharacters();

function kindsOfCharacters(): Uint8Array {
  const kinds = new Uint8Array(128);
  kinds.fill(CONTROL, 0, 0x20);
  kinds[0x7f] = CONTROL;
  for (const character of '{}|[]<>%$~@!(*\\') kinds[character.charCodeAt(0)] = ODD;
  for (const character of '-:&_#') kinds[character.charCodeAt(0)] = BEHIND_OTHERS;
  return kinds;
}

const HASH = 0x23;
const AMPERSAND = 0x26;
const MINUS = 0x2d;
const SLASH = 0x2f;
const COLON = 0x3a;
const EQUALS = 0x3d;
const UNDERSCORE = 0x5f;

export function signsOf(address: string): AddressSigns {
  let isAscii = true;
  let hasControls = false;
  let maybePlaceholder = false;
  let hashes = 0;
  for (let position = 0; position < address.length; position += 1) {
    const code = address.charCodeAt(position);
    const kind = code < 0x80 ? KINDS[code] : undefined;
    if (kind === PLAIN) continue;
    if (kind === undefined) isAscii = false;
    else if (kind === CONTROL) hasControls = true;
    else if (kind === ODD || isOddBehind(code, address.charCodeAt(position - 1))) maybePlaceholder = true;
    else if (code === HASH) hashes += 1;
  }
  return { isAscii, hasControls, maybePlaceholder: maybePlaceholder || !isAscii || hashes > 1 };
}

function isOddBehind(code: number, before: number): boolean {
  switch (code) {
    case MINUS:
      return before === EQUALS || before === SLASH;
    case COLON:
      return before === EQUALS || before === SLASH || before === COLON;
    case AMPERSAND:
      return before === AMPERSAND;
    case UNDERSCORE:
      return before === UNDERSCORE;
    default:
      return false;
  }
}
