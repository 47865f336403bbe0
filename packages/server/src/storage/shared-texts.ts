/**
 * Rows on their way to SQLite's thread and from it. Few programs, networks and reasons make most of the hits, and their texts are most of
 * the message; structured clone copies a text as often as it stands there, but an object once. So a long text goes in an
 * array of its own, which is the same one wherever the text is.
 */

/** A shorter one costs less than a mention of it, characters. */
const LONG_TEXT = 48;
/** Fewer rows repeat little. */
const MANY_ROWS = 8;

/** Of one message. */
export type SharedTexts = Map<string, readonly [string]>;

/** @returns the same rows, their long texts shared, for {@link unshareTexts} */
export function shareTexts(rows: readonly (readonly unknown[])[], shared: SharedTexts): unknown[][] {
  if (rows.length < MANY_ROWS) return rows as unknown[][];
  return rows.map((row) =>
    row.map((value) => {
      if (typeof value !== 'string' || value.length < LONG_TEXT) return value;
      let mention = shared.get(value);
      if (mention === undefined) shared.set(value, (mention = [value]));
      return mention;
    }),
  );
}

/** Puts the texts back where they belong, in the rows that came with the message. */
export function unshareTexts(rows: readonly unknown[][]): void {
  if (rows.length < MANY_ROWS) return;
  for (const row of rows) {
    for (let index = 0; index < row.length; index += 1) {
      const value = row[index];
      if (Array.isArray(value)) row[index] = value[0];
    }
  }
}
