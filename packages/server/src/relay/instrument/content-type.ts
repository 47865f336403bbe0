/** A structured MIME field: a value and its parameters (RFC 2045 §5.1, RFC 2183). */
export interface StructuredValue {
  /** Lower case. */
  value: string;
  /** By lower-case name; quoted values unquoted. */
  parameters: Map<string, string>;
  /** Not written as the RFC says: programs will read it differently. */
  broken: boolean;
}

/** Nothing sane is longer. */
const LONGEST = 10_000;

/**
 * One item at the current position: blanks, a comment, `;`, or a parameter. Values without quotes may hold more than
 * RFC 2045's tokens: many programs write `boundary=a/b` and are understood.
 */
const ITEM =
  /[ \t]+|(\((?:[^()\\]|\\.)*\))|(;)|([^\s;=()<>@,"]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s;"()]*))/y;

/** @param text the unfolded field value */
export function parseStructured(text: string): StructuredValue {
  const head = /^[^\s;()"]*/.exec(text)?.[0] ?? '';
  const result: StructuredValue = { value: head.toLowerCase(), parameters: new Map(), broken: head === '' };
  if (text.length > LONGEST) return { ...result, broken: true };
  ITEM.lastIndex = head.length;
  let separated = false;
  while (ITEM.lastIndex < text.length) {
    const match = ITEM.exec(text);
    if (match === null) return { ...result, broken: true };
    const [, , semicolon, name, quoted, bare] = match;
    if (semicolon !== undefined) separated = true;
    if (name === undefined) continue;
    const key = name.toLowerCase();
    // A parameter given twice is read by each program in its own way.
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '';
    const known = result.parameters.get(key);
    // Some programs read a bare `a=b=c` to the end, others to the second equals sign.
    if (bare?.includes('=') === true) result.broken = true;
    if (!separated || (known !== undefined && known !== value)) result.broken = true;
    separated = false;
    result.parameters.set(key, value);
  }
  return result;
}

/** Whether a parameter is given in a form that programs read differently (RFC 2231: encoded or in pieces). */
export function isSplit({ parameters }: StructuredValue, name: string): boolean {
  for (const key of parameters.keys()) {
    if (key.startsWith(`${name}*`)) return true;
  }
  return false;
}
