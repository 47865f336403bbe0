import { decodeHTML } from 'entities/decode';

/** Turns a range of the scanned text into real text; they differ where one character stands for one byte. */
export type ReadText = (start: number, end: number) => string;

/** Nobody reads an address in a longer link text. */
export const LONGEST_TEXT = 1_000;

/** Far more of the source than any character set needs for such a text. */
const LONGEST_SOURCE = 16 * LONGEST_TEXT;

/** In place of a range: a blank. */
const BLANK = -1;

/** Which texts of a document a link shows, by their numbers here. */
export interface ShownTexts {
  textFrom: number;
  /** Behind the last. */
  textTo: number;
}

/**
 * The texts that the links of a document show, as offsets: they are read when a link is judged, and many links are not.
 */
export class LinkTexts {
  readonly #read: ReadText;
  /** Start and end of each. */
  readonly #ranges: number[] = [];
  /** Characters of the source that the link read last shows already. */
  #length = 0;

  constructor(read: ReadText) {
    this.#read = read;
  }

  /** Begins the texts of another link. @returns the number of its first */
  begin(): number {
    this.#length = 0;
    return this.end;
  }

  /** The number of the next text. */
  get end(): number {
    return this.#ranges.length;
  }

  add(start: number, end: number): void {
    if (this.#length > LONGEST_SOURCE) return;
    this.#length += end - start;
    this.#ranges.push(start, end);
  }

  /** Something with a blank behind it. */
  addApart(start: number, end: number): void {
    if (this.#length > LONGEST_SOURCE) return;
    this.add(start, end);
    this.#ranges.push(BLANK, BLANK);
  }

  /** What a link shows, at most {@link LONGEST_TEXT} characters of the source, decoded. */
  of({ textFrom, textTo }: ShownTexts): string {
    const ranges = this.#ranges;
    let text = '';
    for (let index = textFrom; index < textTo; index += 2) {
      const start = ranges[index] ?? 0;
      const room = LONGEST_TEXT - text.length;
      if (start === BLANK) text += ' ';
      else if (room > 0) text += this.#read(start, Math.min(ranges[index + 1] ?? 0, start + room));
    }
    return text.includes('&') ? decodeHTML(text) : text;
  }
}
