import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Call } from './recorded-disk';

/** What of the things that nobody asked to be synced was on the disk nevertheless when the power went. */
export interface Fate {
  /** Asked for each piece of a write, each cut of a file, and for the next change of a folder. */
  readonly keeps: () => boolean;
  /** Bytes of which the disk loses or keeps all: a sector, or a page of the system's memory. */
  readonly piece: number;
  /** What is read where a file was made longer and its content was not written: nothing, or what that place had before. */
  readonly junk: number;
}

export interface ForgetfulDisk {
  apply(call: Call): void;
  /** How many bytes, and how many changes of folders, depend on its luck now. */
  readonly atRisk: () => { readonly bytes: number; readonly names: number };
  /** Writes into the empty folder `target` what is there when the power comes back. Changes nothing here. */
  cutPower(fate: Fate, target: string): void;
}

type Change = { readonly at: number; readonly bytes: Buffer } | { readonly size: number };
interface File {
  /** What is on the disk for certain. */
  synced: Buffer;
  unsynced: Change[];
}
type Node = File | 'folder';
type Names = Map<string, Node>;
interface NameChange {
  readonly folder: string;
  readonly make: (names: Names) => void;
}

/**
 * A file system that promises what POSIX does and nothing that usual ones add to it. What a file holds is on the disk after an fsync of that file: of what was written since, any pieces may be there
 * and others not, in no order, and so may its new length be. That a name exists, is gone, or is another one's now is on the disk after an fsync of its folder, not of the file; what one folder saw since comes
 * in its order (a journal keeps that), up to any point. What is in no folder is lost, however often it was synced. Starts as what lies at `root`, all of it synced.
 */
export function forgetfulDisk(root: string): ForgetfulDisk {
  const now: Names = new Map(listed(root));
  const synced: Names = new Map(now);
  let pending: readonly NameChange[] = [];
  const rename = (path: string, make: (names: Names) => void): void => {
    make(now);
    pending = [...pending, { folder: dirname(path), make }];
  };
  const put = (path: string, node: Node): void => rename(path, (names) => void names.set(path, node));
  const change = (path: string, what: Change): void => {
    const file = now.get(path);
    if (file === undefined || file === 'folder') throw new Error(`${path} was written, but there is no such file`);
    file.unsynced.push(what);
  };
  const sync = (path: string): void => {
    const node = now.get(path);
    if (node !== 'folder' && node !== undefined) settle(node);
    if (node !== 'folder' && path !== root) return;
    for (const { folder, make } of pending) if (folder === path) make(synced);
    pending = pending.filter(({ folder }) => folder !== path);
  };
  const apply = (call: Call): void => {
    if (call.kind === 'made' && !now.has(call.path)) put(call.path, call.folder ? 'folder' : { synced: Buffer.alloc(0), unsynced: [] });
    if (call.kind === 'gone') rename(call.path, (names) => void names.delete(call.path));
    if (call.kind === 'renamed') moveName(call.path, call.to);
    if (call.kind === 'written') change(call.path, call);
    if (call.kind === 'cut') change(call.path, call);
    if (call.kind === 'synced') sync(call.path);
  };
  const moveName = (from: string, to: string): void => {
    const node = now.get(from);
    if (node === undefined || dirname(from) !== dirname(to)) throw new Error(`the replay does not know how ${from} became ${to}`);
    rename(to, (names) => {
      names.delete(from);
      names.set(to, node);
    });
  };
  const files = (): readonly File[] => [...now.values()].filter((node) => node !== 'folder');
  return {
    apply,
    atRisk: () => ({ bytes: files().flatMap(({ unsynced }) => unsynced).reduce((sum, what) => sum + ('bytes' in what ? what.bytes.length : 0), 0), names: pending.length }),
    cutPower: (fate, target) => writeImage(namesAfter(synced, pending, fate), fate, { root, target }),
  };
}

function listed(root: string): readonly (readonly [string, Node])[] {
  return readdirSync(root, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path, entry.isDirectory() ? 'folder' : { synced: readFileSync(path), unsynced: [] }];
  });
}

function namesAfter(synced: Names, pending: readonly NameChange[], { keeps }: Fate): Names {
  const names: Names = new Map(synced);
  const ended = new Set<string>();
  for (const { folder, make } of pending) {
    if (!ended.has(folder) && keeps()) make(names);
    else ended.add(folder);
  }
  return names;
}

/** Folders come before what is in them, because their names are shorter. What is in a folder that is not there is not there either. */
function writeImage(names: Names, fate: Fate, { root, target }: { readonly root: string; readonly target: string }): void {
  const folders = new Set([root]);
  for (const [path, node] of [...names].sort(([a], [b]) => a.length - b.length)) {
    if (!folders.has(dirname(path))) continue;
    const placed = join(target, relative(root, path));
    if (node === 'folder') {
      folders.add(path);
      mkdirSync(placed, { mode: 0o700 });
    } else writeFileSync(placed, contentAfter(node, fate), { mode: 0o600 });
  }
}

function settle(file: File): void {
  file.synced = contentAfter(file, { keeps: () => true, piece: Infinity, junk: 0 });
  file.unsynced = [];
}

function contentAfter({ synced, unsynced }: File, { keeps, piece, junk }: Fate): Buffer {
  let held = Buffer.from(synced);
  const resize = (size: number): void => {
    held = size <= held.length ? held.subarray(0, size) : Buffer.concat([held, Buffer.alloc(size - held.length, junk)]);
  };
  for (const change of unsynced) {
    if ('size' in change) {
      if (keeps()) resize(change.size);
      continue;
    }
    for (const [from, to] of piecesOf(change.at, change.at + change.bytes.length, piece).filter(keeps)) {
      if (to > held.length) resize(to);
      change.bytes.copy(held, from, from - change.at, to - change.at);
    }
  }
  return held;
}

/** Cut where the disk's own pieces begin, which is not where the write does. */
function piecesOf(from: number, to: number, piece: number): readonly (readonly [from: number, to: number])[] {
  const cuts = [from];
  for (let at = (Math.floor(from / piece) + 1) * piece; at < to; at += piece) cuts.push(at);
  return cuts.map((at, i) => [at, cuts[i + 1] ?? to]);
}
