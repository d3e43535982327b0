import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';

const TYPES: Readonly<Record<string, string>> = { '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon' };

export interface StaticFile {
  readonly body: Buffer;
  readonly type: string;
  readonly hash: string;
}

export interface StaticFiles {
  /** undefined: there is no such file. The name is looked up, never joined to a path, so nothing can be traversed (G08). */
  get(name: string): StaticFile | undefined;
  /** Address with the content's hash, so that browsers may keep the file for ever. */
  url(name: string): string;
}

/** Beside this file both in the sources and in the build. */
const FOLDER = resolve(__dirname, '..', '..', 'views', 'static');

/** Reads the handful of small files once. */
export function loadStaticFiles(urlOf: (file: string) => string, folder = FOLDER): StaticFiles {
  const files = new Map<string, StaticFile>();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    // A link could point anywhere.
    if (!entry.isFile() || type === undefined) continue;
    const body = readFileSync(join(folder, entry.name));
    files.set(entry.name, { body, type, hash: createHash('sha256').update(body).digest('hex').slice(0, 16) });
  }
  return {
    get: (name) => files.get(name),
    url(name) {
      const file = files.get(name);
      if (file === undefined) throw new Error(`There is no static file ${name}.`);
      return `${urlOf(name)}?v=${file.hash}`;
    },
  };
}
