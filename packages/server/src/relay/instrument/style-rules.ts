/** Enough of a style sheet to see whether one more element changes what its rules select. */
const LONGEST_SHEET = 200_000;

const FROM_END = /:(?:nth-last-|last-|only-)(?:child|of-type)|:empty/i;
const FROM_START = /:(?:nth-|first-)(?:child|of-type)|[+~]\s*[\w.#*:[]/i;

/** What a document's own style rules may do to an element that is added, and to those around it. */
export class StyleRules {
  /** There are rules: they may style any element. */
  present = false;
  /** Some select by how many elements follow. */
  fromEnd = false;
  /** Some select by what stands before. */
  fromStart = false;

  /** @param sheet the text of a style element */
  add(sheet: string): void {
    this.present = true;
    const some = sheet.length > LONGEST_SHEET ? sheet.slice(0, LONGEST_SHEET) : sheet;
    this.fromEnd ||= FROM_END.test(some);
    this.fromStart ||= FROM_START.test(some);
  }

  /** A sheet that is somewhere else. */
  addUnknown(): void {
    this.present = true;
  }
}
