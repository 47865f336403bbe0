import { Attributes, readAttributes } from './html-attributes.ts';
import { ForeignContent } from './html-namespaces.ts';
import { tagAt, type Tag } from './html-tags.ts';

/**
 * What the scanner tells, in document order. Offsets are into the scanned text; a tag is undefined when it is none of
 * those that matter. `attributes` is used again for the next tag: read it at once.
 */
export interface HtmlHandler {
  startTag(tag: Tag | undefined, start: number, end: number, attributes: Attributes): void;
  endTag(tag: Tag, start: number, end: number): void;
  /** Text between tags; the content of elements that hold only text (style, title) is not told. */
  text(start: number, end: number): void;
}

const TAB = 0x09;
const LF = 0x0a;
const FF = 0x0c;
const CR = 0x0d;
const SPACE = 0x20;
const LT = 0x3c;
const GT = 0x3e;
const SLASH = 0x2f;
const BANG = 0x21;
const QUESTION = 0x3f;

/**
 * The tokenizer of WHATWG HTML §13.2.5, for positions instead of a tree. Every character is passed a bounded number
 * of times, whatever the input: searches that fail once are not repeated. Feed it one character per byte to get byte
 * offsets; all markup is ASCII.
 */
export class HtmlScanner {
  readonly #text: string;
  readonly #handler: HtmlHandler;
  readonly #attributes = new Attributes();
  readonly #foreign = new ForeignContent();
  /** Where the next `-->` is: one that is far away, or nowhere, is searched once and not once per comment. */
  #nextCommentEnd = -1;
  /** Where the name of the tag read last ends. */
  #nameEnd = 0;
  /** False once something that was never closed swallowed the rest. */
  #open = true;
  #position = 0;
  #textStart = 0;

  constructor(text: string, handler: HtmlHandler) {
    this.#text = text;
    this.#handler = handler;
  }

  /** Goes on until it comes to an offset, or to the end. @returns whether it came to the end */
  advance(limit: number): boolean {
    const text = this.#text;
    let position = this.#position;
    let textStart = this.#textStart;
    while (position < limit) {
      // Tags often stand right behind each other.
      const open = text.charCodeAt(position) === LT ? position : text.indexOf('<', position);
      if (open === -1) {
        if (text.length > textStart) this.#handler.text(textStart, text.length);
        return true;
      }
      const next = this.#markup(open);
      if (next === open) {
        position = open + 1;
        continue;
      }
      if (open > textStart) this.#handler.text(textStart, open);
      if (next === -1) {
        this.#open = false;
        return true;
      }
      position = this.#dispatch(open, next);
      textStart = position;
    }
    this.#position = position;
    this.#textStart = textStart;
    return false;
  }

  /**
   * Whether the input ends between tags, so that markup could follow: not inside a tag, a comment, text-only elements, SVG
   * or MathML.
   */
  get endsOpen(): boolean {
    return this.#open && !this.#foreign.inside;
  }

  /** @returns the end of the markup at `open`, `open` when it is mere text, -1 when the input ends inside a tag */
  #markup(open: number): number {
    const text = this.#text;
    const code = text.charCodeAt(open + 1);
    if (isLetter(code)) return this.#tag(open + 1);
    if (code === SLASH) {
      const after = text.charCodeAt(open + 2);
      if (isLetter(after)) return this.#tag(open + 2);
      if (after === GT) return open + 3;
      if (!Number.isNaN(after)) return this.#bogusComment(open + 2);
      // Mere text where it ends the document, and the beginning of a comment with markup behind it.
      this.#open = false;
      return open;
    }
    if (code === BANG) return this.#declaration(open);
    if (code === QUESTION) return this.#bogusComment(open + 1);
    return open;
  }

  #tag(nameStart: number): number {
    const text = this.#text;
    const end = nameEnd(text, nameStart);
    this.#nameEnd = end;
    if (text.charCodeAt(end) !== GT) return readAttributes(text, end, this.#attributes);
    this.#attributes.clear();
    return end + 1;
  }

  #declaration(open: number): number {
    const text = this.#text;
    if (text.startsWith('--', open + 2)) return this.#comment(open + 4);
    if (this.#foreign.active && text.startsWith('[CDATA[', open + 2)) {
      const end = text.indexOf(']]>', open + 9);
      return end === -1 ? this.#swallowed() : end + 3;
    }
    return this.#bogusComment(open + 2);
  }

  /** §13.2.5.43 to 51: `>` and `->` at once end an empty comment, later `-->` or `--!>`. */
  #comment(start: number): number {
    const text = this.#text;
    if (text.charCodeAt(start) === GT) return start + 1;
    if (text.startsWith('->', start)) return start + 2;
    if (this.#nextCommentEnd < start) {
      const found = text.indexOf('-->', start);
      this.#nextCommentEnd = found === -1 ? Infinity : found;
    }
    const end = this.#nextCommentEnd;
    // Only within the comment: hardly any document has one, and would be searched to its end.
    const bangEnd = text.slice(start, end).indexOf('--!>');
    if (bangEnd !== -1) return start + bangEnd + 4;
    return end === Infinity ? this.#swallowed() : end + 3;
  }

  /** Doctypes end at the same place: at the first `>`, even inside quotes. */
  #bogusComment(start: number): number {
    const end = this.#text.indexOf('>', start);
    return end === -1 ? this.#swallowed() : end + 1;
  }

  #swallowed(): number {
    this.#open = false;
    return this.#text.length;
  }

  /** Tells of the markup between the offsets. @returns where scanning goes on */
  #dispatch(open: number, end: number): number {
    const text = this.#text;
    const code = text.charCodeAt(open + 1);
    if (isLetter(code)) return this.#startTag(open, end);
    if (code === SLASH && isLetter(text.charCodeAt(open + 2))) this.#endTag(open, end);
    return end;
  }

  #startTag(open: number, end: number): number {
    const text = this.#text;
    const tag = tagAt(text, open + 1, this.#nameEnd);
    const foreign = this.#foreign;
    if (foreign.inside || tag?.name === 'svg' || tag?.name === 'math') {
      const name = text.slice(open + 1, this.#nameEnd).toLowerCase();
      if (!foreign.startTag(name, this.#attributes, text)) {
        this.#handler.startTag(undefined, open, end, this.#attributes);
        return end;
      }
    }
    this.#handler.startTag(tag, open, end, this.#attributes);
    if (tag?.name === 'plaintext') return this.#swallowed();
    if (tag?.rawText !== true) return end;
    return tag.name === 'script' ? this.#scriptEnd(end) : this.#rawTextEnd(tag.name, end);
  }

  #endTag(open: number, end: number): void {
    const text = this.#text;
    const tag = tagAt(text, open + 2, this.#nameEnd);
    const foreign = this.#foreign;
    if (foreign.inside) {
      foreign.endTag(text.slice(open + 2, this.#nameEnd).toLowerCase());
      // The body does not end inside SVG: such an end tag is not in its scope.
      if (foreign.inside && (tag?.name === 'body' || tag?.name === 'html')) return;
    }
    if (tag !== undefined) this.#handler.endTag(tag, open, end);
  }

  /** @returns where the end tag of this name begins that ends the raw text, or the end of the input */
  #rawTextEnd(name: string, start: number): number {
    const text = this.#text;
    for (let at = text.indexOf('</', start); at !== -1; at = text.indexOf('</', at + 2)) {
      const after = at + 2 + name.length;
      if (endsName(text.charCodeAt(after)) && text.slice(at + 2, after).toLowerCase() === name) return at;
    }
    return this.#swallowed();
  }

  /** Script data and its escaped states (§13.2.5.15 to 31): inside `<!-- <script>` the next `</script>` ends nothing. */
  #scriptEnd(start: number): number {
    const pattern = /<!--|-->|<(\/?)script(?=[\t\n\f\r />])/gi;
    pattern.lastIndex = start;
    let state: 'data' | 'escaped' | 'double' = 'data';
    for (let match = pattern.exec(this.#text); match !== null; match = pattern.exec(this.#text)) {
      const [found, slash] = match;
      if (found === '<!--') {
        if (state === 'data') state = 'escaped';
        // Its dashes may already be those of `-->`.
        pattern.lastIndex -= 2;
      } else if (found === '-->') state = 'data';
      else if (slash === '/') {
        if (state !== 'double') return match.index;
        state = 'escaped';
      } else if (state === 'escaped') state = 'double';
    }
    return this.#swallowed();
  }
}

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function endsName(code: number): boolean {
  // Letters first: they come behind all others.
  if (code > GT) return false;
  return code === GT || code === SLASH || isSpace(code);
}

/** HTML's white space; CR counts, as the parser turns it into LF before. */
export function isSpace(code: number): boolean {
  return code === SPACE || code === LF || code === CR || code === TAB || code === FF;
}

function nameEnd(text: string, start: number): number {
  let position = start;
  while (position < text.length && !endsName(text.charCodeAt(position))) position += 1;
  return position;
}
