import { transformFileSync } from '@swc/core';
import Database from 'better-sqlite3';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export const ROOT = resolve(__dirname, '..', '..', '..');

/** `node writer-process.cjs …` with the sources that `compiledStore` made; without `writes` it goes on until it is killed. */
export const writer = (path: string, { seed, code, writes }: { readonly seed: number; readonly code: string; readonly writes?: number }): readonly string[] =>
  [process.execPath, join(__dirname, 'writer-process.cjs'), path, String(seed), code, ...(writes === undefined ? [] : [String(writes)])];

/** What such a process needs of its environment: the sources lie where no package is found. */
export const WRITER_ENV = { NODE_PATH: join(ROOT, 'node_modules') };

/** The sources of the store, compiled once for all of the processes: two hundred of them would spend their lives compiling. Returns `target`. */
export function compiledStore(target: string): string {
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

/** What of a writer's lines is not in the database at `path`, or is there by half, and what else is wrong with that; empty: nothing. */
export function lost(path: string, said: readonly string[]): readonly string[] {
  const db = new Database(path, { readonly: true });
  try {
    const one = (sql: string): ((value: string) => boolean) => {
      const statement = db.prepare(sql);
      return (value) => statement.get(value) !== undefined;
    };
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
    return [...wrong(db), ...missing];
  } finally {
    db.close();
  }
}

function wrong(db: Database.Database): readonly string[] {
  const found = db.pragma('integrity_check', { simple: true });
  if (found !== 'ok') return [`integrity_check: ${String(found)}`];
  const dangling = (db.pragma('foreign_key_check') as readonly unknown[]).length;
  const halves = db.prepare<[], { n: number }>("SELECT count(*) AS n FROM users WHERE name LIKE 'u-%' AND NOT EXISTS (SELECT 1 FROM audit WHERE target = 'user:' || name)").get()?.n ?? 0;
  return [...(dangling === 0 ? [] : [`${dangling} rows that point nowhere`]), ...(halves === 0 ? [] : [`${halves} transactions by half`])];
}
