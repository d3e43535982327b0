import fs from 'node:fs';
import path from 'node:path';

/** Version of this program, from the manifest above it: beside the sources and beside what is built from them alike. */
export function version(): string {
  let folder = __dirname;
  while (!fs.existsSync(path.join(folder, 'package.json')) && folder !== path.dirname(folder)) folder = path.dirname(folder);
  const manifest: unknown = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return (manifest as { readonly version: string }).version;
}
