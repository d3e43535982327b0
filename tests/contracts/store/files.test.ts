import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../../hub/store/create-store';
import { makePrivateDirectory } from '../../../hub/store/files';
import { addUser, migrationsWith, names, openElsewhere, refusal, SHIPPED, useDirectory } from './support';

const mode = (path: string): number => statSync(path).mode & 0o777;
const directory = useDirectory();

describe('files of the store', () => {
  let umask = 0;
  beforeEach(() => {
    umask = process.umask(0o022);
  });
  afterEach(() => void process.umask(umask));

  test('P05: with a wide umask the directory is 0700 and every file in it 0600, backups too', () => {
    const dir = join(directory(), 'state');
    const path = join(dir, 'hub.sqlite');
    const first = openStore(path);
    addUser(first, 'alice');
    expect(readdirSync(dir).sort()).toEqual(['hub.sqlite', 'hub.sqlite-shm', 'hub.sqlite-wal', 'hub.sqlite.lock']);
    const modes = () => readdirSync(dir, { withFileTypes: true }).filter((e) => e.isFile()).map((e) => [e.name, mode(join(dir, e.name))]);
    expect(modes().filter(([, m]) => m !== 0o600)).toEqual([]);
    first.close();
    const second = openStore(path, { migrations: migrationsWith(dir, 'CREATE TABLE more (x TEXT) STRICT;') });
    expect(existsSync(`${path}.before-v${SHIPPED + 1}`)).toBe(true);
    expect(modes().filter(([, m]) => m !== 0o600)).toEqual([]);
    expect(mode(dir)).toBe(0o700);
    second.close();
  });

  test('P05: what was too open is narrowed when the hub starts', () => {
    const dir = directory();
    const path = join(dir, 'hub.sqlite');
    openStore(path).close();
    chmodSync(dir, 0o755);
    chmodSync(path, 0o644);
    openStore(path).close();
    expect([mode(dir), mode(path)]).toEqual([0o700, 0o600]);
  });

  test('a directory that everybody shares, such as /tmp, is refused and left alone', () => {
    const dir = mkdtempSync(join(tmpdir(), 'shared-'));
    chmodSync(dir, 0o1777);
    expect(refusal(() => makePrivateDirectory(dir)).message).toContain(dir);
    expect(mode(dir)).toBe(0o777);
    rmSync(dir, { recursive: true });
  });

  test('what was written is there after closing and opening again, with the same instance id', () => {
    const path = join(directory(), 'hub.sqlite');
    const first = openStore(path);
    addUser(first, 'alice');
    const instance = first.meta.get('instance');
    first.close();
    first.close();
    const second = openStore(path);
    expect([names(second), second.meta.get('instance')]).toEqual([['alice'], instance]);
    second.close();
  });

  test('two stores made apart have different instance ids', () => {
    const [one, two] = [openStore(':memory:'), openStore(':memory:')];
    expect(one.meta.get('instance')).not.toBe(two.meta.get('instance'));
    one.close();
    two.close();
  });
});

describe('N07: one hub per data directory', () => {
  test('a second opening in the same process is refused while the first lives, and possible afterwards', () => {
    const path = join(directory(), 'hub.sqlite');
    const first = openStore(path);
    const refused = refusal(() => openStore(path));
    expect(refused.code).toBe('conflict');
    expect(refused.message).toContain(path);
    addUser(first, 'alice');
    expect(refusal(() => openStore(path)).code).toBe('conflict');
    first.close();
    const second = openStore(path);
    expect(names(second)).toEqual(['alice']);
    second.close();
  });

  test('a second process is refused; after kill -9 of the first the lock is gone and the data is there', async () => {
    const path = join(directory(), 'hub.sqlite');
    const first = await openElsewhere(path);
    expect(first.said).toEqual({ opened: true });
    expect(refusal(() => openStore(path)).code).toBe('conflict');
    const second = await openElsewhere(path);
    expect(second.said).toMatchObject({ opened: false, code: 'conflict' });
    await second.kill();
    await first.kill();
    const after = openStore(path);
    expect(after.meta.get('written-by')).toMatch(/^\d+$/);
    after.close();
  });

  test('a refused opening leaves nothing locked', () => {
    const dir = directory();
    const path = join(dir, 'hub.sqlite');
    writeFileSync(path, '');
    expect(refusal(() => openStore(path)).code).toBe('unavailable');
    rmSync(path);
    openStore(path).close();
  });
});

test('P05: a data directory that cannot be made is an error that names it', () => {
  const dir = directory();
  writeFileSync(join(dir, 'file'), '');
  expect(() => openStore(join(dir, 'file', 'hub.sqlite'))).toThrow(join(dir, 'file'));
  mkdirSync(join(dir, 'ok'));
});
