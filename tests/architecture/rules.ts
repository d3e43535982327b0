import { readdirSync, readFileSync } from 'node:fs';
import { join, posix as path } from 'node:path';

export const ROOT = join(__dirname, '..', '..');
const SOURCES = ['hub', 'proxy', 'spawner', 'auth', 'views'];
const CONTRACTS = ['hub/store/store', 'spawner/spawner', 'auth/authenticator', 'proxy/contract', 'proxy/route-table'];

/**
 * Who may import whom, the longest match first. A folder may always import itself. What is not listed (`hub/create-hub.ts`,
 * `hub/main.ts`, the command line) puts the parts together and is free; nobody listed here may import it.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'hub/domain': [],
  'hub/urls': [],
  'hub/config': ['hub/domain', 'hub/urls'],
  'hub/store': ['hub/domain'],
  'hub/services': ['hub/domain', 'hub/urls', ...CONTRACTS],
  'hub/wire': ['hub/domain'],
  'hub/internal': ['hub/domain', 'hub/services', 'hub/urls', 'hub/wire'],
  'hub/http': ['hub/domain', 'hub/services', 'hub/urls', 'hub/wire', 'views'],
  'spawner/docker': ['hub/domain', 'spawner'],
  'spawner/fake': ['hub/domain', 'spawner'],
  'spawner/process': ['hub/domain', 'spawner'],
  'spawner/docker-filter': ['hub/domain', 'spawner/labels'],
  proxy: ['hub/domain'],
  spawner: ['hub/domain'],
  auth: ['hub/domain'],
  views: ['hub/domain', 'hub/urls'],
};

const inside = (scope: string, file: string): boolean => file === scope || file.startsWith(`${scope}/`) || file.startsWith(`${scope}.`);
const SCOPES = Object.keys(MAY_IMPORT).sort((a, b) => b.length - a.length);
const IMPORT = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"](\.[^'"]+)['"]/g;

/** One line per import that the table does not allow. */
export function forbiddenImports(files: readonly string[], read: (file: string) => string): readonly string[] {
  return files.flatMap((file) => {
    const scope = SCOPES.find((s) => inside(s, file));
    if (scope === undefined) return [];
    const allowed = [scope, ...(MAY_IMPORT[scope] ?? [])];
    return [...read(file).matchAll(IMPORT)]
      .map((match) => path.join(path.dirname(file), match[1] ?? ''))
      .filter((target) => !allowed.some((s) => inside(s, target)))
      .map((target) => `${file} -> ${target}`);
  });
}

/** Lines that are neither blank nor comment, as lint counts them. */
export const codeLines = (text: string): number =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//')).length;

export function sourceFiles(): readonly string[] {
  return SOURCES.flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file.replaceAll('\\', '/')}`)).filter((file) => /\.tsx?$/.test(file));
}

export const readSource = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
