import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One thing that a process did to the files below a folder, or said on its standard output. */
export type Call =
  | { readonly kind: 'made'; readonly path: string; readonly folder: boolean }
  | { readonly kind: 'gone'; readonly path: string }
  | { readonly kind: 'renamed'; readonly path: string; readonly to: string }
  | { readonly kind: 'written'; readonly path: string; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'cut'; readonly path: string; readonly size: number }
  | { readonly kind: 'synced'; readonly path: string }
  | { readonly kind: 'said'; readonly line: string };

/** Every call that changes a file, a name, or what of them is on the disk; `?`: not every machine has it. */
const TRACED = [
  '?open', 'openat', '?openat2', '?creat', 'write', 'writev', 'pwrite64', 'pwritev', '?pwritev2', 'ftruncate', 'truncate', 'fallocate', 'fsync', 'fdatasync', '?sync_file_range', '?rename', '?renameat', 'renameat2',
  '?unlink', 'unlinkat', '?rmdir', '?mkdir', 'mkdirat', '?link', 'linkat', '?symlink', 'symlinkat', 'copy_file_range', '?sendfile', 'splice',
];
/** Longer than anything that SQLite writes at once. */
const LONGEST = 1_048_576;

interface Recorded {
  /** Everything below this folder counts, and nothing else. */
  readonly root: string;
  /** A folder for strace's own files, outside of it. */
  readonly notes: string;
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Runs a program to its end under strace. One thread at most may touch the folder, so that there is one order of all of its calls. */
export async function record({ root, notes, command, env }: Recorded): Promise<readonly Call[]> {
  const switches = ['-ff', '-y', '-xx', '-s', String(LONGEST), '-e', 'signal=none', '-e', `trace=${TRACED.join(',')}`, '-o', join(notes, 'thread')];
  const child = spawn('strace', [...switches, ...command], { env: { ...env, PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.resume();
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`strace ended with ${code}`);
  const below = new RegExp(`[<"](${asHex(root)}(?:${asHex('/')}[^>"]*)?)[>"]`, 'g');
  const threads = readdirSync(notes).map((name) => readFileSync(join(notes, name), 'latin1').split('\n').flatMap((line) => readCall(line, below) ?? []));
  const busy = threads.filter((calls) => calls.length > 0);
  if (busy.length !== 1 || busy[0] === undefined) throw new Error(`${busy.length} threads wrote, and the order of their calls is not known`);
  return busy[0];
}

const CALL = /^(\w+)\((.*)\) += (-?\d+)/;

/** undefined: a call that failed, or one that is about something else. Throws for one that changes the folder in a way nobody thought of. */
function readCall(text: string, below: RegExp): Call | undefined {
  const [, name = '', args = '', result = ''] = CALL.exec(text) ?? [];
  if (name === '' || result.startsWith('-')) return undefined;
  if (name === 'write' && args.startsWith('1<')) return { kind: 'said', line: wholeString(args).toString().trimEnd() };
  const [path, to] = [...text.matchAll(below)].map(([, hex = '']) => unhex(hex).toString());
  // A file whose last name is gone can be written, but nobody will ever read it.
  if (path === undefined || args.includes('>(deleted)')) return undefined;
  return understood({ name, args, numbers: args.replace(/"[^"]*"|<[^>]*>/g, '').split(',').map(Number), length: Number(result), to }, path);
}

interface Traced {
  readonly name: string;
  readonly args: string;
  /** The arguments that are numbers, at their places. */
  readonly numbers: readonly number[];
  /** What it returned. */
  readonly length: number;
  /** The second path below the folder, if there is one. */
  readonly to: string | undefined;
}

function understood({ name, args, numbers, length, to }: Traced, path: string): Call | undefined {
  if (/^open/.test(name) && (!args.includes('O_TRUNC') || args.includes('O_EXCL'))) return args.includes('O_CREAT') ? { kind: 'made', path, folder: false } : undefined;
  if (/^mkdir/.test(name)) return { kind: 'made', path, folder: true };
  if (/^f(?:data)?sync$/.test(name)) return { kind: 'synced', path };
  if (/^unlink/.test(name)) return { kind: 'gone', path };
  if (/^rename/.test(name) && to !== undefined) return { kind: 'renamed', path, to };
  if (name === 'ftruncate') return { kind: 'cut', path, size: numbers[1] ?? NaN };
  if (name === 'pwrite64') return { kind: 'written', path, at: numbers[3] ?? NaN, bytes: wholeString(args).subarray(0, length) };
  throw new Error(`the replay does not know what ${name}(${args.slice(0, 200)}) does to the disk`);
}

const unhex = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');
/** As a pattern for what strace makes of this text. */
const asHex = (text: string): string => [...Buffer.from(text)].map((byte) => `\\\\x${byte.toString(16).padStart(2, '0')}`).join('');

function wholeString(args: string): Buffer {
  const [, hex, cut] = /"([^"]*)"(\.\.\.)?/.exec(args) ?? [];
  if (hex === undefined || cut !== undefined) throw new Error('strace kept only a part of what was written');
  return unhex(hex);
}
