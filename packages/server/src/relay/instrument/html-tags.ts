/** What the scanner and the survey need to know of an element. Elements that are not listed are all alike to them. */
export interface Tag {
  name: string;
  /** Belongs to the head, or is no content at all: it does not begin a body that has no tag of its own. */
  head: boolean;
  /** Its content is text up to its end tag (WHATWG HTML §13.2.6.2; noscript as in a browser with scripts). */
  rawText: boolean;
  /** An image inside it is not shown, not loaded, or changes the element itself. */
  barsImages: boolean;
  /** A part of a table: one with content, or one that only holds others. */
  tablePart: 'cell' | 'rows' | undefined;
}

const HEAD = names('html head title base link meta style script noscript template');
const RAW_TEXT = names('title textarea style script xmp iframe noembed noframes noscript');
const BARS_IMAGES = names('pre listing select template button object video audio canvas frameset');
const CELLS = names('td th caption');
const ROWS = names('tr tbody thead tfoot colgroup');
const OTHERS = names('a img image body div span table svg math plaintext');

const TAGS: ReadonlyMap<string, Tag> = new Map(
  [...HEAD, ...RAW_TEXT, ...BARS_IMAGES, ...CELLS, ...ROWS, ...OTHERS].map((name) => [
    name,
    {
      name,
      head: HEAD.has(name),
      rawText: RAW_TEXT.has(name),
      barsImages: BARS_IMAGES.has(name),
      tablePart: CELLS.has(name) ? 'cell' : ROWS.has(name) ? 'rows' : undefined,
    },
  ]),
);

const LONGEST = Math.max(...Array.from(TAGS.keys(), (name) => name.length));

/** By length and first letter: most tags of a document (p, font, br) are sorted out without a look at their name. */
const CANDIDATES: readonly (readonly Tag[])[] = candidates();

/** The tag whose name stands between the offsets, in any case of letters. */
export function tagAt(text: string, start: number, end: number): Tag | undefined {
  const length = end - start;
  if (length > LONGEST) return undefined;
  for (const tag of CANDIDATES[length * 32 + (text.charCodeAt(start) & 31)] ?? []) {
    if (isName(text, start, tag.name)) return tag;
  }
  return undefined;
}

/** Without a copy of the text; names are lower-case letters. */
function isName(text: string, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index += 1) {
    if ((text.charCodeAt(start + index) | 0x20) !== name.charCodeAt(index)) return false;
  }
  return true;
}

function candidates(): Tag[][] {
  const found: Tag[][] = [];
  for (const tag of TAGS.values()) {
    const index = tag.name.length * 32 + (tag.name.charCodeAt(0) & 31);
    (found[index] ??= []).push(tag);
  }
  return Array.from({ length: (LONGEST + 1) * 32 }, (_, index) => found[index] ?? []);
}

function names(list: string): Set<string> {
  return new Set(list.split(' '));
}
