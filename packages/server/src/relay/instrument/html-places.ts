import type { Tag } from './html-tags.ts';

interface Table {
  inCell: boolean;
  /** What is open around the table; closing it makes that current again. */
  outside: Barred;
  barredOutside: boolean;
}

/** Open elements that bar an image, with how many of each; mostly there are none. */
type Barred = Map<string, number> | undefined;

/** Offsets where an image may be inserted, undefined where there is none. */
export interface Places {
  /** Before the last `</body>`, else the last `</html>`, else the end: the first of them that allows an image. */
  bottom: number | undefined;
  /** Behind the first `<body …>`, or before the first content of a body without tag. */
  top: number | undefined;
  /** Behind the words of the document's last element, when it holds nothing but words. */
  inText: number | undefined;
}

/**
 * Follows the open elements as far as it matters for where an image may stand. Between a table's rows it would be
 * moved before the table by the parser ("foster parenting", WHATWG HTML §13.2.6.1). Elements that are closed by an
 * outer end tag may be held for open: then a place is refused that would have done, never the other way round.
 */
export class PlaceFinder {
  readonly #tables: Table[] = [];
  #barred: Barred;
  #bodyEnd: number | undefined;
  #htmlEnd: number | undefined;
  #bodyStart: number | undefined;
  #firstContent: number | undefined;
  /** A frameset instead of a body: no image is shown anywhere. */
  #frames = false;

  startTag(tag: Tag | undefined, start: number, end: number): void {
    if (tag === undefined) {
      if (this.wantsContent) this.content(start);
      return;
    }
    const { name, tablePart } = tag;
    if (this.wantsContent) this.#firstTag(tag, start, end);
    if (tablePart !== undefined) this.#cell(tablePart === 'cell');
    else if (name === 'table') this.#openTable();
    else if (tag.barsImages) this.#openBarred(name);
  }

  endTag({ name, tablePart, barsImages }: Tag, start: number): void {
    if (tablePart !== undefined) this.#cell(false);
    else if (name === 'table') this.#closeTable();
    else if (barsImages) this.#closeBarred(name);
    else if (name === 'body' && this.#allowed) this.#bodyEnd = start;
    else if (name === 'html' && this.#allowed) this.#htmlEnd = start;
  }

  /** Nothing was seen yet that begins the body. */
  get wantsContent(): boolean {
    return this.#bodyStart === undefined && this.#firstContent === undefined;
  }

  /** Tells of text that is more than white space. */
  content(start: number): void {
    this.#firstContent ??= start;
  }

  /** @param length of the text, when markup can follow its end */
  places(length: number | undefined): Pick<Places, 'bottom' | 'top'> {
    const end = this.#allowed ? length : undefined;
    if (this.#frames) return { bottom: undefined, top: undefined };
    return { bottom: this.#bodyEnd ?? this.#htmlEnd ?? end, top: this.#bodyStart ?? this.#firstContent };
  }

  get #allowed(): boolean {
    const table = this.#tables.at(-1);
    return this.#barred === undefined && (table === undefined || (table.inCell && !table.barredOutside));
  }

  #firstTag({ name, head }: Tag, start: number, end: number): void {
    if (name === 'frameset') this.#frames = true;
    if (name === 'body') this.#bodyStart = end;
    else if (!head) this.content(start);
  }

  #openTable(): void {
    const outer = this.#tables.at(-1);
    // A table directly in a table closes that one.
    if (outer?.inCell === false) return;
    const barredOutside = outer?.barredOutside === true || this.#barred !== undefined;
    this.#tables.push({ inCell: false, outside: this.#barred, barredOutside });
    this.#barred = undefined;
  }

  #closeTable(): void {
    const table = this.#tables.pop();
    if (table !== undefined) this.#barred = table.outside;
  }

  /** A new cell or row closes whatever the last cell left open. */
  #cell(inCell: boolean): void {
    const table = this.#tables.at(-1);
    if (table === undefined) return;
    table.inCell = inCell;
    this.#barred = undefined;
  }

  #openBarred(name: string): void {
    this.#barred ??= new Map();
    this.#barred.set(name, (this.#barred.get(name) ?? 0) + 1);
  }

  #closeBarred(name: string): void {
    const count = this.#barred?.get(name);
    if (this.#barred === undefined || count === undefined) return;
    if (count > 1) this.#barred.set(name, count - 1);
    else this.#barred.delete(name);
    if (this.#barred.size === 0) this.#barred = undefined;
  }
}
