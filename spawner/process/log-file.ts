import { open } from 'node:fs/promises';
import { plainLines, redact } from '../log-text';

/** Past this a log is cut to its end: a lab that writes without end must not take the disk. */
const LARGEST = 16 * 1024 ** 2;
const KEPT = 256 * 1024;
const MOST_LINES = 1_000;

/** The last lines, oldest first, without the values that were secret at its start. No such file: none. */
export async function lastLines(file: string, lines: number, secrets: readonly string[]): Promise<readonly string[]> {
  const tail = Math.max(1, Math.min(lines, MOST_LINES));
  const raw = await readEnd(file);
  return redact(plainLines(raw).slice(-tail), secrets);
}

async function readEnd(file: string): Promise<Buffer> {
  const from = await open(file, 'r').catch(absent);
  if (from === null) return Buffer.alloc(0);
  try {
    const { size } = await from.stat();
    const length = Math.min(size, KEPT);
    const { buffer, bytesRead } = await from.read(Buffer.alloc(length), 0, length, size - length);
    const read = buffer.subarray(0, bytesRead);
    // What was cut may begin within a line, and within a secret.
    return size > length ? read.subarray(read.indexOf(0x0a) + 1) : read;
  } finally {
    await from.close();
  }
}

/** The lab appends to it, so that what it writes next lands behind what is kept. */
export async function trimLog(file: string): Promise<void> {
  const into = await open(file, 'r+').catch(absent);
  if (into === null) return;
  try {
    if ((await into.stat()).size <= LARGEST) return;
    const kept = await readEnd(file);
    await into.truncate(0);
    await into.write(kept, 0, kept.length, 0);
  } finally {
    await into.close();
  }
}

function absent(err: unknown): null {
  if ((err as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw err;
}
