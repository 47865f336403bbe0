/** Rows of one insert: both engines bound the parameters of a statement. */
const ROWS_PER_INSERT = 500;

export function* chunks<T>(rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    yield rows.slice(start, start + ROWS_PER_INSERT);
  }
}
