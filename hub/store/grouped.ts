/** Rows of several owners that were read at once, apart again, each in the order of the rows. */
export function grouped<Row, Key, Value>(rows: readonly Row[], key: (row: Row) => Key, value: (row: Row) => Value): ReadonlyMap<Key, readonly Value[]> {
  const found = new Map<Key, Value[]>();
  for (const row of rows) {
    const known = found.get(key(row));
    if (known === undefined) found.set(key(row), [value(row)]);
    else known.push(value(row));
  }
  return found;
}
