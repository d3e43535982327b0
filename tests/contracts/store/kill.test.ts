import { transformFileSync } from '@swc/core';
import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { verifyChain } from '../../../hub/store/audit-chain';
import { openAuditFile } from '../../../hub/store/audit-file';
import { openStore } from '../../../hub/store/create-store';
import { useDirectory } from './support';

jest.setTimeout(240_000);

const directory = useDirectory();
const KILLS = Number(process.env['BERTH_KILLS'] ?? 200);
const SEED = Number(process.env['BERTH_SEED'] ?? 20260731);
/** So many run at once, each on data of its own: a kill is not waited for by the others. */
const LANES = 2;

const ROOT = resolve(__dirname, '..', '..', '..');

/** The sources of the store, compiled once for all of the processes: two hundred of them would spend their lives compiling. */
function compiled(): string {
  const target = directory();
  for (const folder of ['hub/store', 'hub/domain']) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((file) => /\.(?:ts|cjs|sql)$/.test(file))) {
      const [from, to] = [join(ROOT, folder, name), join(target, folder, name)];
      mkdirSync(dirname(to), { recursive: true });
      if (!name.endsWith('.ts')) copyFileSync(from, to);
      else writeFileSync(to.replace(/ts$/, 'js'), transformFileSync(from, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' }, swcrc: false }).code);
    }
  }
  return target;
}

/** The same seed kills after the same number of acknowledged writes. */
const killAfter = (seed: number): number => (Math.imul(seed, 2_654_435_761) >>> 0) % 80;

/** Runs a writer and kills it in the middle of its work. Returns every line that it had said, whole ones only. */
async function killed(path: string, { seed, code }: { readonly seed: number; readonly code: string }): Promise<readonly string[]> {
  const child = spawn(process.execPath, [join(__dirname, 'writer-process.cjs'), path, String(seed), code], { env: { NODE_PATH: join(ROOT, 'node_modules') }, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let text = '';
  let dead = false;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (dead || text.split('\n').length - 1 <= killAfter(seed)) return;
    dead = true;
    child.kill('SIGKILL');
  });
  const closed = once(child.stdout, 'close');
  const [, signal] = (await ended) as [number | null, string | null];
  await closed;
  expect(signal).toBe('SIGKILL');
  return text.slice(0, text.lastIndexOf('\n')).split('\n');
}

/** What was acknowledged and is not there, or is there by half. */
function lost(path: string, said: readonly string[]): readonly string[] {
  const db = new Database(path, { readonly: true });
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.pragma('foreign_key_check')).toEqual([]);
    const one = (sql: string) => (value: string): boolean => db.prepare(sql).get(value) !== undefined;
    const user = one('SELECT 1 FROM users WHERE name = ?');
    const entry = one('SELECT 1 FROM audit WHERE target = ?');
    const there: Readonly<Record<string, (value: string) => boolean>> = {
      ready: () => true, user, session: one('SELECT 1 FROM sessions WHERE hash = ?'), token: one('SELECT 1 FROM tokens WHERE hash = ?'),
      server: one("SELECT 1 FROM servers WHERE id = ? AND kind = 'starting'"), both: (name) => user(name) && entry(`user:${name}`),
    };
    const missing = said.filter((line) => {
      const [kind = '', value = ''] = line.split(' ');
      return !(there[kind]?.(value) ?? false);
    });
    const halves = db.prepare<[], { n: number }>("SELECT count(*) AS n FROM users WHERE name LIKE 'u-%' AND NOT EXISTS (SELECT 1 FROM audit WHERE target = 'user:' || name)").get();
    return halves?.n === 0 ? missing : [...missing, `${halves?.n} transactions by half`];
  } finally {
    db.close();
  }
}

async function lane(seeds: readonly number[], code: string): Promise<number> {
  const path = join(directory(), 'hub.sqlite');
  const acknowledged: string[] = [];
  for (const seed of seeds) {
    const said = await killed(path, { seed, code });
    acknowledged.push(...said);
    expect({ seed, lost: lost(path, said) }).toEqual({ seed, lost: [] });
  }
  // Nothing that an earlier life acknowledged went with a later death either.
  expect(lost(path, acknowledged)).toEqual([]);
  openStore(path).close();
  const file = openAuditFile(path);
  expect(verifyChain(file).ok).toBe(true);
  file.close();
  return acknowledged.length;
}

test(`P01: ${KILLS} times kill -9 in the middle of writing, on the same data: whole each time, and no acknowledged write is lost`, async () => {
  const code = compiled();
  const seeds = Array.from({ length: KILLS }, (_, n) => SEED + n);
  const counts = await Promise.all(Array.from({ length: LANES }, (_, i) => lane(seeds.filter((_seed, n) => n % LANES === i), code)));
  expect(counts.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(KILLS * 20);
});
