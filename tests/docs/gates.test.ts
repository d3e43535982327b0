import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { sourceFiles } from '../architecture/rules';

const ROOT = path.join(__dirname, '..', '..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const tracked = (): readonly string[] => execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0').filter((file) => file !== '' && existsSync(path.join(ROOT, file)));

test('S08: types are strict, promises are never left alone, and no type is given up in the program', () => {
  const { compilerOptions } = JSON.parse(read('tsconfig.json')) as { readonly compilerOptions: Record<string, unknown> };
  expect(compilerOptions).toMatchObject({ strict: true, noUncheckedIndexedAccess: true });
  const eslint = path.join(path.dirname(require.resolve('eslint/package.json')), 'bin', 'eslint.js');
  for (const file of ['hub/main.ts', 'proxy/decide.ts']) {
    const { rules } = JSON.parse(execFileSync(process.execPath, [eslint, '--print-config', file], { cwd: ROOT, encoding: 'utf8' })) as { readonly rules: Record<string, readonly unknown[]> };
    for (const rule of ['@typescript-eslint/no-floating-promises', '@typescript-eslint/no-misused-promises', '@typescript-eslint/no-explicit-any']) expect({ file, rule, level: rules[rule]?.[0] }).toEqual({ file, rule, level: 2 });
  }
});

test('S08: no shell is ever given a command line by the program', () => {
  const shells = sourceFiles().filter((file) => /child_process/.test(read(file)) && /\bexec(?:Sync)?\(|shell:\s*true/.test(read(file)));
  expect(shells).toEqual([]);
});

const SECRETS: readonly RegExp[] = [/-----BEGIN (?:RSA |EC |OPENSSH |DSA |)PRIVATE KEY-----/, /\bAKIA[0-9A-Z]{16}\b/, /\bgh[pousr]_[A-Za-z0-9]{36}\b/, /\bxox[abprs]-[A-Za-z0-9-]{10,}/, /\bnpm_[A-Za-z0-9]{36}\b/, /_authToken\s*=\s*\S+/];

test('S06: no file of the repository holds a private key or a service\'s token', () => {
  const found = tracked().flatMap((file) => (/\.(?:png|ico|woff2?)$/.test(file) || file.endsWith('gates.test.ts') ? [] : SECRETS.filter((secret) => secret.test(read(file))).map((secret) => `${file}: ${secret.source}`)));
  expect(found).toEqual([]);
  // The patterns do find one.
  expect(SECRETS.some((secret) => secret.test(['-----BEGIN', 'PRIVATE KEY-----'].join(' ')))).toBe(true);
});

test('S05: the image gate refuses a weak part, and accepts an older one only with a reason for every hole', () => {
  const script = [
    'import sys; sys.path.insert(0, "images/common"); import gate',
    'print(len(gate.weaknesses(lambda n: {"jupyter_server": "2.14.1"}.get(n))))',
    'print(len(gate.weaknesses(lambda n: {"jupyter_server": "2.15.0"}.get(n))))',
    'print(len(gate.weaknesses(lambda n: {"jupyter_server": "2.18.0", "jupyter_server_proxy": "4.1.2"}.get(n))))',
    'print(len(gate.weaknesses(lambda n: None)))',
  ].join('\n');
  const out = execFileSync('python3', ['-B', '-c', script], { cwd: ROOT, encoding: 'utf8' });
  expect(out.trim().split('\n').map(Number)).toEqual([4, 0, 3, 0]);
  for (const image of ['notebook', 'test']) expect(read(`images/${image}/Dockerfile`)).toMatch(/^RUN python3 \S*gate\.py$/m);
});
