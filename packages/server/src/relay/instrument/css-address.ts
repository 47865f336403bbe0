/** Offsets of an address in a style: from `url(` to behind its bracket, and of the address itself. */
export interface CssAddress {
  start: number;
  end: number;
  valueStart: number;
  valueEnd: number;
}

const OPENING = /url\(/gi;
/** As it stands in an attribute. */
const QUOTE = /^(?:&quot;|&#0?3[49];|["'])/i;

/** The first address in the source of a style attribute. Each character is looked at a bounded number of times. */
export function findCssAddress(style: string): CssAddress | undefined {
  const last = style.lastIndexOf(')');
  OPENING.lastIndex = 0;
  const found = OPENING.exec(style);
  if (found === null || found.index > last) return undefined;
  const inside = found.index + found[0].length;
  const close = style.indexOf(')', inside);
  const written = style.slice(inside, close);
  const address = written.trimStart();
  const start = close - address.length;
  const trimmed = address.trimEnd();
  const quote = QUOTE.exec(trimmed)?.[0] ?? '';
  const isClosed =
    trimmed.length >= 2 * quote.length &&
    trimmed.slice(trimmed.length - quote.length).toLowerCase() === quote.toLowerCase();
  const quoteLength = isClosed ? quote.length : 0;
  return {
    start: found.index,
    end: close + 1,
    valueStart: start + quoteLength,
    valueEnd: start + trimmed.length - quoteLength,
  };
}
