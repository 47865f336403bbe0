const MAX_ADDRESS_OCTETS = 254;
const ATEXT = String.raw`[^\s"(),:;<>@[\]\\.\u0000-\u001f\u007f]+`;
const LOCAL = String.raw`(?:${ATEXT}(?:\.${ATEXT})*|"(?:[^"\\\u0000-\u001f\u007f]|\\[^\u0000-\u001f\u007f])+")`;
const LABEL = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}_-]*[\p{L}\p{N}\p{M}])?`;
const LITERAL = String.raw`\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9a-fA-F:.]+)\]`;
const ADDRESS = new RegExp(`^${LOCAL}@(?:${LABEL}(?:\\.${LABEL})*|${LITERAL})$`, 'u');
const QUOTED_NAME = /^"(?:[^"\\]|\\.)*"$/;
/** `specials` of RFC 5322 §3.2.3 without the full stop, which names like "J. Doe" have (§4.1). */
const SPECIALS = /[()<>[\]:;@\\,"]/;

/**
 * The bare address in a mailbox like `a@b.c`, `Ann <a@b.c>` or `"Doe, Ann" <a@b.c>` (RFC 5322 §3.4, with
 * UTF-8 as RFC 6532 allows), or undefined when it is none. Lists, groups and comments are none.
 */
export function addressOf(mailbox: string): string | undefined {
  // Linear scanning from here on: the input is a stranger's.
  if (mailbox.length > 1000 || hasControlCharacter(mailbox)) return undefined;
  const text = mailbox.trim();
  if (!text.endsWith('>')) return isAddress(text) ? text : undefined;
  const open = text.lastIndexOf('<');
  const name = text.slice(0, open).trim();
  const address = text.slice(open + 1, -1).trim();
  if (open < 0 || !isAddress(address)) return undefined;
  return name === '' || QUOTED_NAME.test(name) || !SPECIALS.test(name) ? address : undefined;
}

function isAddress(text: string): boolean {
  if (Buffer.byteLength(text) > MAX_ADDRESS_OCTETS || !ADDRESS.test(text)) return false;
  const local = text.slice(0, text.lastIndexOf('@'));
  // RFC 5321 §4.5.3.1.1
  return Buffer.byteLength(local) <= 64;
}

/** C0 controls and DEL: among them CR, LF and NUL, by which header fields are smuggled in. */
export function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
