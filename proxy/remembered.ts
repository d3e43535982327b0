/**
 * `compute` as a look-up: what browsers and servers send repeats. Somebody who sends ever new texts only empties the cache, and texts
 * longer than `longest` characters are never kept, so that it stays within `most` times that.
 */
export function remembered<T extends object | string | number | null>(compute: (text: string) => T, most = 1024, longest = 256): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const seen = known.get(text);
    if (seen !== undefined) return seen;
    const made = compute(text);
    if (text.length > longest) return made;
    if (known.size >= most) known.clear();
    known.set(text, made);
    return made;
  };
}
