import type { PostMortem } from './post-mortem';

/** Kinds of reasons for which a start fails, as far as they can be told from outside. */
export type FailureCause = 'image' | 'engine' | 'disk' | 'memory' | 'permission' | 'module' | 'command' | 'port' | 'settings' | 'slow' | 'crashed' | 'unknown';

interface Failure {
  /** What the hub said. */
  readonly message: string;
  /** The last lines that the server wrote. */
  readonly logTail: readonly string[];
  /** How its process ended; null: it never had one. */
  readonly end: Pick<PostMortem, 'cause'> | null;
}

/** What the server wrote is the best witness, the most telling line first in the list. */
const IN_LOG: readonly (readonly [RegExp, FailureCause])[] = [
  [/No space left on device|Disk quota exceeded|database or disk is full/i, 'disk'],
  [/MemoryError|Cannot allocate memory/i, 'memory'],
  [/Permission denied|Read-only file system|Operation not permitted/i, 'permission'],
  [/ModuleNotFoundError|ImportError|cannot import name/, 'module'],
  [/command not found|executable file not found|exec format error|No such file or directory: '?[^ ]*jupyter/i, 'command'],
  [/Address already in use/i, 'port'],
  [/Bad config encountered|unrecognized (?:flag|arguments)|JSONDecodeError/i, 'settings'],
];
const IN_MESSAGE: readonly (readonly [RegExp, FailureCause])[] = [
  [/\bimage\b|registry/i, 'image'],
  [/engine|Docker/i, 'engine'],
  [/did not start within/, 'slow'],
];
const BY_END: Partial<Readonly<Record<PostMortem['cause'], FailureCause>>> = { memory: 'memory', command: 'command', crashed: 'crashed', signal: 'crashed' };

/** The likely cause of a start that failed. A guess by what is usually behind such words; `unknown` where there are none. */
export function likelyCause({ message, logTail, end }: Failure): FailureCause {
  const sure = end?.cause === 'memory' || end?.cause === 'command' ? BY_END[end.cause] : undefined;
  const text = logTail.join('\n');
  const find = (table: typeof IN_LOG, where: string): FailureCause | undefined => table.find(([pattern]) => pattern.test(where))?.[1];
  return sure ?? find(IN_LOG, text) ?? find(IN_MESSAGE, message) ?? (end === null ? 'unknown' : (BY_END[end.cause] ?? 'unknown'));
}
