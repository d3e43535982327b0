import fs from 'node:fs';
import path from 'node:path';

export interface LineWriter {
  /** Returns at once; the order of lines is kept. */
  write(line: string): void;
  /** Resolves once everything is written, or after two seconds when nobody reads it. Later lines are dropped. Idempotent. */
  close(): Promise<void>;
}

/** Characters that wait to be written; what comes beyond is dropped. */
const MOST_WAITING = 8 * 1024 ** 2;
const LONGEST_CLOSE_MS = 2_000;
const FULL_PIPE_MS = 50;
const STDOUT = 1;

/**
 * Appends lines to a file (null: standard output) without waiting for it: a full disk or a reader that stopped reading costs lines, never
 * the hub. pino's own destination repeats a write that fails for ever, synchronously, when the process ends (sonic-boom 4, ENOSPC).
 */
export function openLineWriter(file: string | null, complain: (problem: string) => void): LineWriter {
  const fd = file === null ? STDOUT : opened(file);
  let waiting = '';
  let closed: Promise<void> | undefined;
  let idle: () => void = () => {};
  let writing = false;
  let told = false;

  function write(line: string): void {
    if (closed !== undefined || waiting.length + line.length > MOST_WAITING) return;
    waiting += line;
    if (!writing) next();
  }

  function next(): void {
    writing = waiting !== '';
    if (!writing) return idle();
    const chunk = Buffer.from(waiting);
    waiting = '';
    put(chunk);
  }

  function put(chunk: Buffer): void {
    fs.write(fd, chunk, (err, written) => {
      if (err === null) return written < chunk.length ? put(chunk.subarray(written)) : next();
      if (err.code === 'EAGAIN') return void setTimeout(() => put(chunk), FULL_PIPE_MS).unref();
      if (!told) complain(`The log cannot be written: ${err.message}`);
      told = true;
      next();
    });
  }

  async function close(): Promise<void> {
    if (writing) {
      await new Promise<void>((resolve) => {
        const enough = setTimeout(resolve, LONGEST_CLOSE_MS);
        idle = () => {
          clearTimeout(enough);
          resolve();
        };
      });
    }
    if (fd !== STDOUT && !writing) fs.closeSync(fd);
  }

  return { write, close: () => (closed ??= close()) };
}

/** Opened at once, so that a path that does not work is an error of the start and not of the first line. */
function opened(file: string): number {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  return fs.openSync(file, 'a', 0o600);
}
