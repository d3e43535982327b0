import fs from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import type { Logger } from './domain/runtime';

export interface Log extends Logger {
  /** Resolves once everything is written, or after two seconds when nobody reads it. Later lines are dropped. Idempotent. */
  close(): Promise<void>;
}

/**
 * JSON lines: `level`, `time`, the fields, `msg`. `file: null` is standard output; `to` replaces both. Credentials are taken out of
 * every line here, by the names of fields and by the shape of text, so that no caller can forget to.
 */
export function createLog(opts: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly file: string | null; readonly to?: DestinationStream }): Log {
  const to = opts.to === undefined ? destination(opts.file) : { write: opts.to.write.bind(opts.to), close: () => Promise.resolve() };
  const root = pino(
    {
      level: opts.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (err: unknown) => err },
      formatters: { level: (label) => ({ level: label }), log: cleanFields },
    },
    to,
  );
  return { ...wrap(root), close: to.close };
}

/** Opened here and now, so that a path that does not work is an error of the start and not of the first line. */
function opened(file: string): number {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  return fs.openSync(file, 'a', 0o600);
}

const LONGEST_CLOSE_MS = 2_000;
/** Bytes that wait for a reader; what comes beyond is dropped. */
const MOST_IN_MEMORY = 8 * 1024 ** 2;

/** Not synchronous: a reader of standard output that stops reading must not stop the hub. */
function destination(file: string | null): DestinationStream & Pick<Log, 'close'> {
  const stream = pino.destination({ dest: file === null ? 1 : opened(file), sync: false, maxLength: MOST_IN_MEMORY });
  let told = false;
  // A full disk costs lines, not the hub.
  stream.on('error', (err: Error) => {
    if (!told) process.stderr.write(`The log cannot be written: ${err.message}\n`);
    told = true;
  });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, LONGEST_CLOSE_MS).unref();
      stream.once('close', resolve);
      stream.end();
    });
  return { write: (line) => void (closed === undefined && stream.write(line)), close: () => (closed ??= close()) };
}

type PinoLike = Pick<ReturnType<typeof pino>, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

const wrap = (log: PinoLike): Logger => ({
  debug: (fields, message) => log.debug(fields, message),
  info: (fields, message) => log.info(fields, message),
  warn: (fields, message) => log.warn(fields, message),
  error: (fields, message) => log.error(fields, message),
  // pino writes the fields of a child once, past the formatter of lines.
  child: (fields) => wrap(log.child(cleanFields(fields))),
});

const HIDDEN = '(hidden)';
const SECRET_FIELD = /cookie|authorization$|password|passwd|secret|token$|xsrf|api-?key$/i;
const SECRET_IN_TEXT = /([?&](?:token|link|code|state|_xsrf|password)=)[^&#\s"]+|\b((?:bearer|token)\s+)[\w.~+/=-]{8,}|(:\/\/)[^/@\s]+@/gi;
/** Deeper than anything we log on purpose; a cyclic object ends here too. */
const DEEPEST = 6;

const cleanFields = (fields: object): Record<string, unknown> => cleanObject(fields, 0);

const cleanObject = (from: object, depth: number): Record<string, unknown> =>
  Object.fromEntries(Object.entries(from).map(([key, value]) => [key, SECRET_FIELD.test(key) && value !== null && value !== undefined ? HIDDEN : clean(value, depth + 1)]));

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value;
  if (depth > DEEPEST) return '(deeper)';
  if (isError(value)) return cleanError(value, depth);
  if (value instanceof Date || value instanceof URL) return clean(value.toJSON(), depth);
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  return Array.isArray(value) ? value.map((item) => clean(item, depth + 1)) : cleanObject(value, depth);
}

const cleanText = (text: string): string =>
  text.replace(SECRET_IN_TEXT, (_, query?: string, scheme?: string, slashes?: string) => (slashes === undefined ? `${query ?? scheme}${HIDDEN}` : `${slashes}${HIDDEN}@`));

/** Errors from another realm (a worker, a test) are errors too. */
const isError = (value: object): value is Error => value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';

/** Name, message, stack and everything else it carries, its causes with it: the reason is usually in the last one. */
function cleanError(err: Error, depth: number): Record<string, unknown> {
  return {
    type: err.name,
    message: cleanText(err.message),
    ...cleanObject(err, depth),
    stack: err.stack === undefined ? undefined : cleanText(err.stack),
    ...(err.cause === undefined ? {} : { cause: clean(err.cause, depth + 1) }),
    ...(err instanceof AggregateError ? { errors: clean(err.errors, depth + 1) } : {}),
  };
}
