/** Rows by a key of theirs, in their order; those without one are left out. */
export function grouped<R, K, V>(
  rows: readonly R[],
  key: (row: R) => K | null,
  value: (row: R) => V,
): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const row of rows) {
    const of = key(row);
    if (of === null) continue;
    const group = groups.get(of);
    if (group === undefined) groups.set(of, [value(row)]);
    else group.push(value(row));
  }
  return groups;
}
