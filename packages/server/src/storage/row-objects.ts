/**
 * Rows of values → objects. Each is a copy of one that has all columns already: an object that gets more than a dozen
 * properties one by one ends as a hash table, which costs several times as much memory and time.
 * @param columns of two with one name the later one counts
 */
export function toObjects(columns: readonly string[], rows: readonly (readonly unknown[])[]): unknown[] {
  if (rows.length === 0) return [];
  const names = columns.map((column) => `${JSON.stringify(column)}:null`);
  const empty = JSON.parse(`{${names.join(',')}}`) as Record<string, unknown>;
  return rows.map((values) => {
    const row = { ...empty };
    for (let index = 0; index < columns.length; index += 1) row[columns[index] ?? ''] = values[index];
    return row;
  });
}
