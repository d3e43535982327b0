/** Removes every occurrence of a byte string from a stream, also one that is cut in two by a chunk's end. */
export interface Blanker {
  push(chunk: Buffer): Buffer;
  /** What was held back at the end. */
  rest(): Buffer;
}

const EMPTY = Buffer.alloc(0);

export function createBlanker(secret: string): Blanker {
  const needle = Buffer.from(secret, 'latin1');
  let held: Buffer = EMPTY;
  return {
    push(chunk) {
      let data = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const parts: Buffer[] = [];
      for (let at = data.indexOf(needle); at !== -1; at = data.indexOf(needle)) {
        parts.push(data.subarray(0, at));
        data = data.subarray(at + needle.length);
      }
      const keep = beginningAtEnd(data, needle);
      parts.push(data.subarray(0, data.length - keep));
      held = data.subarray(data.length - keep);
      return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    },
    rest: () => held,
  };
}

/** Length of the longest end of `data` with which `needle` begins. */
function beginningAtEnd(data: Buffer, needle: Buffer): number {
  for (let length = Math.min(needle.length - 1, data.length); length > 0; length -= 1) {
    if (data.subarray(data.length - length).equals(needle.subarray(0, length))) return length;
  }
  return 0;
}

/** `token abc` → `abc`: what the page configuration of JupyterLab would show. */
export const secretOf = (authorization: string): string => authorization.slice(authorization.lastIndexOf(' ') + 1);
