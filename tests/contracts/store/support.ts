import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HubError } from '../../../hub/domain/errors';
import { newId, type UserId, type UserName } from '../../../hub/domain/ids';
import { MIGRATIONS, readMigrations } from '../../../hub/store/migrate';
import type { Store } from '../../../hub/store/store';

/** A directory that is gone after the file's tests. */
export function useDirectory(): () => string {
  let n = 0;
  const root = mkdtempSync(join(tmpdir(), 'store-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return () => {
    const directory = join(root, String((n += 1)));
    mkdirSync(directory);
    return directory;
  };
}

export function addUser(store: Store, name: string): UserId {
  const id = newId<UserId>();
  store.users.create({ id, name: name as UserName, admin: false, status: 'active', created: new Date(0), lastActivity: null, mustChangePassword: false });
  return id;
}

export const names = (store: Store): readonly string[] => store.users.list({ offset: 0, limit: 1000 }).users.map((user) => user.name);

export function refusal(work: () => unknown): HubError {
  try {
    work();
  } catch (err) {
    if (err instanceof HubError) return err;
    throw err;
  }
  throw new Error('nothing was refused');
}

/** How many migrations ship: the further ones of a test get the numbers after it. */
export const SHIPPED = readMigrations(MIGRATIONS).length;

/** The shipped migrations and the given further ones. */
export function migrationsWith(directory: string, ...more: readonly string[]): string {
  const target = join(directory, 'migrations');
  cpSync(MIGRATIONS, target, { recursive: true });
  more.forEach((sql, i) => writeFileSync(join(target, `${String(SHIPPED + i + 1).padStart(4, '0')}_more.sql`), sql));
  return target;
}

const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

/** Opens the store in a process of its own and waits for its first line; undefined: it died before it could say one. */
export async function openElsewhere(path: string, migrations = '-', killAt = '-'): Promise<{ readonly said: { opened: boolean; code?: string; message?: string } | undefined; readonly kill: () => Promise<void> }> {
  const child = spawn(process.execPath, [join(__dirname, 'hub-process.cjs'), path, migrations, killAt], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.add(child);
  const ended = once(child, 'exit');
  const said = await firstLine(child);
  return {
    said: said === '' ? undefined : (JSON.parse(said) as { opened: boolean }),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return text.trim();
}
