import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sbom } from '../../scripts/sbom.cjs';

jest.setTimeout(240_000);

const ROOT = path.join(__dirname, '..', '..');
const SOURCES = ['hub', 'proxy', 'spawner', 'auth', 'views', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];

function buildIn(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const source of SOURCES) cpSync(path.join(ROOT, source), path.join(folder, source), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--incremental', 'false', '--tsBuildInfoFile', 'null', '--composite', 'false'], { cwd: folder, encoding: 'utf8' });
  return hashOf(path.join(folder, 'dist'));
}

function hashOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => statSync(path.join(folder, file)).isFile()).sort();
  expect(files.length).toBeGreaterThan(100);
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(path.join(folder, file)));
  return hash.digest('hex');
}

test('S04: two builds in two folders give the same bytes', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'berth-build-'));
  try {
    expect(buildIn(path.join(folder, 'one'))).toBe(buildIn(path.join(folder, 'another', 'place')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('S04: the list of materials names every direct dependency with its version and hash, and no development tool', () => {
  const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { dependencies: Record<string, string>; devDependencies: Record<string, string> };
  const components = sbom().components as { group?: string; name: string; version: string; hashes?: unknown[]; purl: string }[];
  const names = components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`));
  expect(names).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)));
  expect(names.filter((name) => ['jest', 'eslint', 'typescript', 'playwright-core'].includes(name))).toEqual([]);
  expect(components.filter(({ version, purl, hashes }) => version === '' || !purl.startsWith('pkg:npm/') || (hashes ?? []).length === 0).map(({ name }) => name)).toEqual([]);
});
