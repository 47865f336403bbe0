/** A value's place in the text; for quoted values without the quotes. */
export interface AttributePlace {
  /** Where the attribute's name begins. */
  start: number;
  valueStart: number;
  valueEnd: number;
  /** The quote, or `''` for an unquoted value. */
  quote: '"' | "'" | '';
}

/** Whether the name stands there, in any case of letters. */
function isSame(text: string, start: number, name: string): boolean {
  // Most are told apart by their first letter.
  if ((text.charCodeAt(start) | 0x20) !== name.charCodeAt(0)) return false;
  return text.slice(start, start + name.length).toLowerCase() === name;
}

/** Of 32 lengths each has its own; longer ones share theirs. */
function lengthBit(length: number): number {
  return 1 << (length & 31);
}

/** Numbers kept per attribute: name start, name end, value start (-1: none), value end, quote. */
const STRIDE = 5;

/** The attributes of the tag read last, as offsets: of millions of tags hardly any is looked at. */
export class Attributes {
  selfClosing = false;
  /** Written over for each tag: giving the memory back a thousand times a document is slow. */
  readonly #places: number[] = [];
  #used = 0;
  /** A bit for each length of a name: most that are asked for are not there. */
  #lengths = 0;

  clear(): void {
    this.#used = 0;
    this.#lengths = 0;
    this.selfClosing = false;
  }

  add(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number, quote: number): void {
    const places = this.#places;
    const at = this.#used;
    places[at] = nameStart;
    places[at + 1] = nameEnd;
    places[at + 2] = valueStart;
    places[at + 3] = valueEnd;
    places[at + 4] = quote;
    this.#used = at + STRIDE;
    this.#lengths |= lengthBit(nameEnd - nameStart);
  }

  get count(): number {
    return this.#used / STRIDE;
  }

  /** The first attribute of this (lower-case) name, as of two with one name the first counts. */
  find(text: string, name: string): AttributePlace | undefined {
    if ((this.#lengths & lengthBit(name.length)) === 0) return undefined;
    const places = this.#places;
    for (let index = 0; index < this.#used; index += STRIDE) {
      const start = places[index] ?? 0;
      const end = places[index + 1] ?? 0;
      if (end - start !== name.length || !isSame(text, start, name)) continue;
      const valueStart = places[index + 2] ?? -1;
      const quote = places[index + 4];
      return {
        start,
        valueStart: valueStart === -1 ? end : valueStart,
        valueEnd: valueStart === -1 ? end : (places[index + 3] ?? end),
        quote: quote === QUOTE ? '"' : quote === APOSTROPHE ? "'" : '',
      };
    }
    return undefined;
  }

  /** The raw value (character references not decoded), `''` without one, undefined when there is no such attribute. */
  raw(text: string, name: string): string | undefined {
    const place = this.find(text, name);
    return place && text.slice(place.valueStart, place.valueEnd);
  }
}

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const EQUALS = 0x3d;
const GT = 0x3e;
const SLASH = 0x2f;

/**
 * Reads a tag's attributes (WHATWG HTML §13.2.5.32 to 40).
 *
 * @param start behind the tag's name
 * @returns the offset behind the tag's `>`, or -1 when the input ends before (then there is no tag)
 */
export function readAttributes(text: string, start: number, attributes: Attributes): number {
  attributes.clear();
  const { length } = text;
  let position = start;
  while (position < length) {
    const code = text.charCodeAt(position);
    if (code === GT) return position + 1;
    if (code === SLASH) {
      attributes.selfClosing = text.charCodeAt(position + 1) === GT;
      position += 1;
    } else if (isBlank(code)) position += 1;
    else position = readAttribute(text, position, attributes);
  }
  return -1;
}

/** @returns where reading goes on; the text's length when the input ends inside the attribute */
function readAttribute(text: string, nameStart: number, attributes: Attributes): number {
  const { length } = text;
  // An equals sign in front is part of the name.
  let nameEnd = nameStart + 1;
  while (nameEnd < length && !endsAttributeName(text.charCodeAt(nameEnd))) nameEnd += 1;
  let position = text.charCodeAt(nameEnd) === EQUALS ? nameEnd : skipBlanks(text, nameEnd);
  if (text.charCodeAt(position) !== EQUALS) {
    attributes.add(nameStart, nameEnd, -1, -1, 0);
    return position;
  }
  position = skipBlanks(text, position + 1);
  const quote = text.charCodeAt(position);
  if (quote === QUOTE || quote === APOSTROPHE) {
    const end = text.indexOf(quote === QUOTE ? '"' : "'", position + 1);
    if (end === -1) return length;
    attributes.add(nameStart, nameEnd, position + 1, end, quote);
    return end + 1;
  }
  let end = position;
  while (end < length && !endsUnquoted(text.charCodeAt(end))) end += 1;
  attributes.add(nameStart, nameEnd, position, end, 0);
  return end;
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d && code !== 0x0b);
}

function skipBlanks(text: string, start: number): number {
  let position = start;
  while (isBlank(text.charCodeAt(position))) position += 1;
  return position;
}

function endsAttributeName(code: number): boolean {
  // Letters first: they come behind all others.
  if (code > GT) return false;
  return code === EQUALS || code === GT || code === SLASH || isBlank(code);
}

function endsUnquoted(code: number): boolean {
  if (code > GT) return false;
  return code === GT || isBlank(code);
}
