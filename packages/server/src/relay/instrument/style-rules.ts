/** Enough of a style sheet to see whether one more element changes what its rules select. */
const LONGEST_SHEET = 200_000;

/** Few sheets have any of those below. */
const OF_TYPE = /-of-type/i;
/** Rules by how many elements of one type there are do not count what is added, unless they are of its type. */
const OTHER_TYPE = /(?:^|[^\w.#-])(?!img\b|span\b)[a-z][\w-]*:(?:nth-last|nth|last|only|first)-of-type/gi;
/** Of the type of the trap link. */
const ANCHORS_BY_TYPE = /(?:^|[^\w.#-])a:(?:nth-last|nth|last|only|first)-of-type/i;
const FROM_END = /:(?:nth-last-|last-|only-)(?:child|of-type)|:empty/i;
const FROM_START = /:(?:nth-(?!last)|first-|only-)(?:child|of-type)|[+~]\s*[\w.#*:[]/i;

/** What sets more properties than it names, or cannot be read at a glance. */
const UNREADABLE = /@import|\ball\s*:|\\/i;

/** What a document's own style rules may do to an element that is added, and to those around it. */
export class StyleRules {
  /** There are rules: they may style any element. */
  present = false;
  /** Some select by how many elements follow. */
  fromEnd = false;
  /** Some select by what stands before. */
  fromStart = false;
  /** Some select an anchor by how many others stand before or behind it. */
  countsAnchors = false;
  /** Undefined: there are rules that cannot be seen. */
  #sheets: string[] | undefined = [];
  readonly #named = new Map<string, boolean>();

  /** @param sheet the text of a style element */
  add(sheet: string): void {
    this.present = true;
    const some = sheet.length > LONGEST_SHEET ? sheet.slice(0, LONGEST_SHEET) : sheet;
    const countsTypes = OF_TYPE.test(some);
    const counting = countsTypes ? some.replaceAll(OTHER_TYPE, '') : some;
    this.fromEnd ||= FROM_END.test(counting);
    this.countsAnchors ||= countsTypes && ANCHORS_BY_TYPE.test(some);
    this.fromStart ||= FROM_START.test(counting);
    if (sheet.length > LONGEST_SHEET || UNREADABLE.test(some)) this.#sheets = undefined;
    this.#sheets?.push(some.toLowerCase());
  }

  /** A sheet that is somewhere else. */
  addUnknown(): void {
    this.present = true;
    this.#sheets = undefined;
  }

  /** Whether some rule may hold a word: the name of a property, or `!important`. @param word lower case */
  name(word: string): boolean {
    if (this.#sheets === undefined) return true;
    const known = this.#named.get(word);
    if (known !== undefined) return known;
    const named = this.#sheets.some((sheet) => sheet.includes(word));
    this.#named.set(word, named);
    return named;
  }
}
