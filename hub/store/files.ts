import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { notPrivate } from './refusals';

const OTHERS = 0o077;
const STICKY = 0o1000;

/** Makes the directory, or narrows an existing one, to mode 0700 (P05). A shared one such as /tmp is refused, never narrowed. */
export function makePrivateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { mode } = statSync(directory);
  if ((mode & OTHERS) === 0) return;
  if ((mode & STICKY) !== 0) throw notPrivate(directory);
  try {
    chmodSync(directory, 0o700);
  } catch (err) {
    throw notPrivate(directory, err);
  }
}

/**
 * Makes an empty file of mode 0600; SQLite gives the mode of a database to its -wal and -shm. An existing file is only narrowed, not
 * opened: closing a descriptor would drop the locks that SQLite holds on it in this process.
 */
export function makePrivateFile(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
  narrow(path);
}

export function narrow(...paths: readonly string[]): void {
  for (const path of paths) if (existsSync(path) && (statSync(path).mode & OTHERS) !== 0) chmodSync(path, 0o600);
}

/** After this, neither the content of the file nor its name is lost in a power cut. */
export function syncToDisk(path: string): void {
  for (const target of [path, dirname(path)]) {
    const fd = openSync(target, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}
