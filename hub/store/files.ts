import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { notPrivate, onNetwork } from './refusals';

const OTHERS = 0o077;
const STICKY = 0o1000;

/** Makes the directory, or narrows an existing one, to mode 0700 (P05). A shared one such as /tmp is refused, never narrowed. One that was made stays after a power cut. */
export function makePrivateDirectory(directory: string): void {
  const first = mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (first !== undefined) syncNewNames(first, directory);
  const { mode } = statSync(directory);
  if ((mode & OTHERS) === 0) return;
  if ((mode & STICKY) !== 0) throw notPrivate(directory);
  try {
    chmodSync(directory, 0o700);
  } catch (err) {
    throw notPrivate(directory, err);
  }
}

/** `f_type` of statfs(2). On these, locks and shared memory are not what the write-ahead log needs them to be (P15). */
const NETWORK: Readonly<Record<number, string>> = { 0x6969: 'NFS', 0x517b: 'SMB', 0xff534d42: 'CIFS', 0xfe534d42: 'SMB2', 0x01021997: '9p', 0x5346414f: 'AFS', 0x00c36400: 'Ceph', 0x0bd00bd0: 'Lustre' };

/** Throws `unavailable` for a directory on a network file system. */
export function refuseNetwork(directory: string, typeOf: (directory: string) => number = (at) => statfsSync(at).type): void {
  // Some systems give the type with a sign.
  const kind = NETWORK[typeOf(directory) >>> 0];
  if (kind !== undefined) throw onNetwork(directory, kind);
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

/** The names of directories that were made just now, `last` inside `first` or the same: what is in them would be lost with their names, however well it is synced. */
function syncNewNames(first: string, last: string): void {
  for (let made = last; made.length >= first.length; made = dirname(made)) {
    try {
      sync(dirname(made));
    } catch (err) {
      // A directory may be made in one that cannot be read, and that cannot be synced either: the hub starts there nevertheless.
      if ((err as NodeJS.ErrnoException).code !== 'EACCES') throw err;
    }
  }
}

/** After this, neither the content of the file nor its name is lost in a power cut. */
export function syncToDisk(path: string): void {
  sync(path);
  sync(dirname(path));
}

function sync(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
