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
 * A comment or a parameter at the current position. Values without quotes may hold more than RFC 2045's tokens: many
 * programs write `boundary=a/b` and are understood.
 */
const ITEM = /\((?:[^()\\]|\\.)*\)|([^\s;=()<>@,"]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s;"()]*))/y;

/** @param text the unfolded field value */
export function parseStructured(text: string): StructuredValue {
  const head = /^[^\s;()"]*/.exec(text)?.[0] ?? '';
  const result: StructuredValue = { value: head.toLowerCase(), parameters: new Map(), broken: head === '' };
  if (text.length > LONGEST) return { ...result, broken: true };
  let separated = false;
  for (let position = head.length; position < text.length;) {
    const character = text.charAt(position);
    if (character === ';') separated = true;
    if (character === ';' || character === ' ' || character === '\t') {
      position += 1;
      continue;
    }
    ITEM.lastIndex = position;
    const match = ITEM.exec(text);
    if (match === null) return { ...result, broken: true };
    position = ITEM.lastIndex;
    if (match[1] === undefined) continue;
    addParameter(result, match, separated);
    separated = false;
  }
  return result;
}

function addParameter(
  result: StructuredValue,
  [, name = '', quoted, bare]: RegExpExecArray,
  separated: boolean,
): void {
  const key = name.toLowerCase();
  // A parameter given twice is read by each program in its own way.
  const value = unescaped(quoted) ?? bare ?? '';
  const known = result.parameters.get(key);
  // Some programs read a bare `a=b=c` to the end, others to the second equals sign.
  if (bare?.includes('=') === true) result.broken = true;
  if (!separated || (known !== undefined && known !== value)) result.broken = true;
  result.parameters.set(key, value);
}

function unescaped(quoted: string | undefined): string | undefined {
  return quoted?.includes('\\') === true ? quoted.replaceAll(/\\(.)/g, '$1') : quoted;
}

/** Whether a parameter is given in a form that programs read differently (RFC 2231: encoded or in pieces). */
export function isSplit({ parameters }: StructuredValue, name: string): boolean {
  const split = `${name}*`;
  for (const key of parameters.keys()) {
    if (key.startsWith(split)) return true;
  }
  return false;
}
