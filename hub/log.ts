import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import type { Logger } from './domain/runtime';
import { type LineWriter, openLineWriter } from './log-file';
import { createFloodGate } from './log-flood';

export type Log = Logger & Pick<LineWriter, 'close'>;

/**
 * JSON lines: `level`, `time`, the fields, `msg`; of one message at most a hundred in a second, and then `leftOut` counts the rest.
 * `file: null` is standard output; `to` replaces both. Credentials are taken out of every line here, by the names of fields and by the
 * shape of text, so that no caller can forget to.
 */
export function createLog(opts: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly file: string | null; readonly to?: DestinationStream }): Log {
  const to = opts.to === undefined ? openLineWriter(opts.file, (problem) => void process.stderr.write(`${problem}\n`)) : { write: opts.to.write.bind(opts.to), close: () => Promise.resolve() };
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
  return { ...wrap(root, createFloodGate(() => performance.now())), close: to.close };
}

type PinoLike = Pick<ReturnType<typeof pino>, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

type FloodGate = ReturnType<typeof createFloodGate>;

function wrap(log: PinoLike, gate: FloodGate): Logger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: Readonly<Record<string, unknown>>, message: string): void => {
    const { write, left } = gate.admit(`${level} ${message}`);
    if (write) log[level](left === 0 ? fields : { ...fields, leftOut: left }, message);
  };
  // pino writes the fields of a child once, past the formatter of lines.
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: (fields) => wrap(log.child(cleanFields(fields)), gate) };
}

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
