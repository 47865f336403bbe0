/**
 * Long enough for what people mail, short enough that the edge and the proxies before it take the request:
 * the edge reads heads of 32 KB.
 */
const LONGEST_ENCODED = 16_000;
/** With two slashes: `https:x` would be relative to our own address. */
const HTTP = /^https?:\/\//i;

/** Whether a link may lead there: http or https, an address a browser can parse, and not longer than 16,000 characters encoded. */
export function isTrackableDestination(text: string): boolean {
  if (text === latest) return true;
  const is = isHttpUrl(text) && text.isWellFormed() && isShortEnough(text);
  if (is) latest = text;
  return is;
}

/** The last one that was: whoever asks first whether a link may be made then makes it, and is asked again. */
let latest: string | undefined;

/** A character becomes at most nine, so hardly any address has to be encoded to know. */
function isShortEnough(text: string): boolean {
  return text.length * 9 <= LONGEST_ENCODED || encodeDestination(text).length <= LONGEST_ENCODED;
}

export function isHttpUrl(text: string): boolean {
  return HTTP.test(text) && URL.canParse(text);
}

/** Everything but unreserved characters is encoded: gateways and mail programs leave such a query alone. */
export function encodeDestination(destination: string): string {
  const encoded = encodeURIComponent(destination.toWellFormed());
  if (!/[!'()*]/.test(destination)) return encoded;
  return encoded.replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * The first `to` of a raw query, decoded. Not by URLSearchParams: there `+` is a space, and a destination has to
 * come back exactly as it was signed. Other parameters, which gateways add, are passed over.
 * @param query with or without its question mark
 */
export function readDestination(query: string): string | undefined {
  let at = query.startsWith('?') ? 1 : 0;
  for (;;) {
    const next = query.indexOf('&', at);
    const part = query.slice(at, next === -1 ? undefined : next);
    if (part.startsWith('to=')) return decode(part.slice(3));
    if (next === -1) return undefined;
    at = next + 1;
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * A destination as a Location header may hold it (RFC 9110 §10.2.2 wants an RFC 3986 reference). Printable ASCII
 * stays as it was signed, to the byte. Anything else (line ends, controls, spaces, other scripts) goes the way a
 * browser would read it from the mail: WHATWG URL parsing drops tabs and line ends, encodes the rest as UTF-8 and
 * host names by IDNA, so nothing in it can end the header.
 */
export function locationOf(destination: string): string {
  return /^[\x21-\x7e]*$/.test(destination) ? destination : new URL(destination).href;
}
