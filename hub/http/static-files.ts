import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

export const STATIC_TYPES: Readonly<Record<string, string>> = { '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon' };

export interface StaticFile {
  readonly body: Buffer;
  readonly type: string;
  readonly hash: string;
  /** The smallest form that this `Accept-Encoding` takes; `encoding` null: as it is. Made once, when it is first asked for. */
  as(accepted: string | undefined): { readonly body: Buffer; readonly encoding: Encoding | null };
}

type Encoding = 'br' | 'gzip';

/** Pictures are small already. */
const COMPRESSIBLE = /^(?:text\/|image\/svg)/;
const QUALITY = 6;
const COMPRESS: Readonly<Record<Encoding, (body: Buffer) => Buffer>> = {
  br: (body) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } }),
  gzip: (body) => gzipSync(body),
};

/** Whether a list such as `gzip, br;q=0` takes this one. */
const takes = (accepted: string, encoding: Encoding): boolean => accepted.split(',').some((one) => {
  const [name = '', ...params] = one.trim().toLowerCase().split(/\s*;\s*/);
  return name === encoding && !params.some((param) => /^q=0(?:\.0*)?$/.test(param));
});

function staticFile(type: string, body: Buffer): StaticFile {
  const made = new Map<Encoding, Buffer>();
  const inForm = (encoding: Encoding): Buffer => {
    const kept = made.get(encoding) ?? COMPRESS[encoding](body);
    made.set(encoding, kept);
    return kept;
  };
  return {
    body, type, hash: createHash('sha256').update(body).digest('hex').slice(0, 16),
    as(accepted = '') {
      const encoding = COMPRESSIBLE.test(type) ? (['br', 'gzip'] as const).find((one) => takes(accepted, one)) : undefined;
      return encoding === undefined ? { body, encoding: null } : { body: inForm(encoding), encoding };
    },
  };
}

export interface StaticFiles {
  /** undefined: there is no such file. The name is looked up, never joined to a path, so nothing can be traversed (G08). */
  get(name: string): StaticFile | undefined;
  /** Address with the content's hash, so that browsers may keep the file for ever. */
  url(name: string): string;
}

/** What browsers get of libraries, straight from their packages. */
const VENDORED: Readonly<Record<string, string>> = {
  'idiomorph.js': 'idiomorph/dist/idiomorph.min.js',
  'uplot.js': 'uplot/dist/uPlot.iife.min.js',
  'uplot.css': 'uplot/dist/uPlot.min.css',
};

/** Beside this file both in the sources and in the build. */
const FOLDER = resolve(__dirname, '..', '..', 'views', 'static');

/** Reads the handful of small files once. `own`: what this hub adds, such as its logo. */
export function loadStaticFiles(urlOf: (file: string) => string, { folder = FOLDER, own = new Map() }: { readonly folder?: string; readonly own?: ReadonlyMap<string, { readonly body: Buffer; readonly type: string }> } = {}): StaticFiles {
  const files = new Map<string, StaticFile>();
  const add = (name: string, type: string, body: Buffer): void => void files.set(name, staticFile(type, body));
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const type = STATIC_TYPES[extname(entry.name)];
    // A link could point anywhere.
    if (!entry.isFile() || type === undefined) continue;
    add(entry.name, type, readFileSync(join(folder, entry.name)));
  }
  for (const [name, place] of Object.entries(VENDORED)) add(name, STATIC_TYPES[extname(name)] as string, readFileSync(require.resolve(place)));
  for (const [name, { body, type }] of own) add(name, type, body);
  return {
    get: (name) => files.get(name),
    url(name) {
      const file = files.get(name);
      if (file === undefined) throw new Error(`There is no static file ${name}.`);
      return `${urlOf(name)}?v=${file.hash}`;
    },
  };
}
