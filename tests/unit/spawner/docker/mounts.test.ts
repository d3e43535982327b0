import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { InstanceId } from '../../../../hub/domain/ids';
import type { HubMount } from '../../../../spawner/docker/hub-container';
import { hostMounts, overlaps } from '../../../../spawner/docker/mounts';
import type { DockerSettings } from '../../../../spawner/docker/settings';
import { DOCKER_DEFAULTS } from '../../../../spawner/docker/settings';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'berth-mounts-')));
  for (const folder of ['state/db', 'app', 'templates', 'data/wrds']) mkdirSync(path.join(root, folder), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const mounts = (change: Partial<DockerSettings>) => hostMounts({ ...DOCKER_DEFAULTS, instance: 'i' as InstanceId, dataDir: path.join(root, 'state'), ...change });

test('what is present is mounted read-only, under its resolved path', async () => {
  symlinkSync(path.join(root, 'app'), path.join(root, 'link'));
  const found = await mounts({ appDir: path.join(root, 'link'), templatesDir: path.join(root, 'templates'), hostDataDir: path.join(root, 'data') });
  expect(found.map((m) => [m.Source, m.Target, m.ReadOnly])).toEqual([
    [path.join(root, 'templates'), '/templates', true],
    [path.join(root, 'app'), '/app', true],
    [path.join(root, 'data/wrds'), '/data/wrds', true],
  ]);
});

test('while the hub has no data of its own, labs get the sample that came with the templates; what the hub has, they get instead', async () => {
  const settings = { templatesDir: path.join(root, 'templates'), hostDataDir: path.join(root, 'data') };
  const seen = async (change: Partial<DockerSettings> = {}) => (await mounts({ ...settings, ...change })).filter(({ Target }) => Target.startsWith('/data')).map((m) => [m.Source, m.Target, m.ReadOnly]);
  const sample = path.join(root, 'templates/_sample/wrds');
  mkdirSync(sample, { recursive: true });
  expect(await seen()).toEqual([[sample, '/data/wrds', true]]);
  expect(await seen({ hostDataDir: null })).toEqual([[sample, '/data/wrds', true]]);
  expect(await seen({ hostDataDir: path.join(root, 'nowhere') })).toEqual([[sample, '/data/wrds', true]]);
  expect(await seen({ templatesDir: null })).toEqual([[path.join(root, 'data/wrds'), '/data/wrds', true]]);
  writeFileSync(path.join(root, 'data/wrds/own.csv'), '1');
  expect(await seen()).toEqual([[path.join(root, 'data/wrds'), '/data/wrds', true]]);
});

test('J20: a sample that is a link into the hub\'s state is refused as any other folder is', async () => {
  mkdirSync(path.join(root, 'templates/_sample'));
  symlinkSync(path.join(root, 'state'), path.join(root, 'templates/_sample/wrds'));
  await expect(mounts({ templatesDir: path.join(root, 'templates'), hostDataDir: null })).rejects.toMatchObject({ code: 'spawn-failed' });
});

test('a configured folder that is missing, or a file, is an error', async () => {
  await expect(mounts({ appDir: path.join(root, 'nowhere') })).rejects.toMatchObject({ code: 'spawn-failed' });
});

test('J20: the hub\'s state, what is in it, what contains it, and links to it are refused', async () => {
  symlinkSync(path.join(root, 'state'), path.join(root, 'data/analytics'));
  for (const appDir of [path.join(root, 'state'), path.join(root, 'state/db'), root, `${root}/app/../state`, '/']) await expect(mounts({ appDir })).rejects.toMatchObject({ code: 'spawn-failed' });
  await expect(mounts({ hostDataDir: path.join(root, 'data') })).rejects.toMatchObject({ code: 'spawn-failed' });
});

test('J20: system folders are refused', async () => {
  for (const appDir of ['/etc', '/etc/ssl', '/proc/self', '/dev', '/root', '/usr', '/var']) await expect(mounts({ appDir })).rejects.toMatchObject({ code: 'spawn-failed' });
});

test('names that only begin alike do not overlap', () => {
  expect(overlaps('/srv/state', '/srv/state-of-the-art')).toBe(false);
  expect(overlaps('/srv/..state', '/srv')).toBe(true);
  expect(overlaps('/srv', '/srv')).toBe(true);
});

describe('a hub in a container', () => {
  const warned: object[] = [];
  const log = { debug: () => undefined, info: () => undefined, warn: (fields: object) => void warned.push(fields), error: () => undefined, child: () => log };
  const bound = (Destination: string, Source: string): HubMount => ({ Type: 'bind', Source, Destination });
  const volume = (Destination: string, Name: string): HubMount => ({ Type: 'volume', Name, Source: `/var/lib/docker/volumes/${Name}/_data`, Destination });
  const inside = (seen: readonly HubMount[], change: Partial<DockerSettings>) => hostMounts({ ...DOCKER_DEFAULTS, instance: 'i' as InstanceId, dataDir: path.join(root, 'state'), ...change }, { mounts: seen, log });
  const at = (...parts: string[]): string => path.join(root, ...parts);
  beforeEach(() => void warned.splice(0));

  test('mounts a folder by the name that the engine knows: of the bound folder itself, or of one above it', async () => {
    const seen = [bound(at('app'), '/srv/team/app'), bound(at(), '/srv/berth'), volume(at('state'), 'state')];
    const found = await inside(seen, { appDir: at('app'), templatesDir: at('templates'), hostDataDir: at('data') });
    expect(found.map((m) => [m.Type, m.Source, m.Target, m.ReadOnly])).toEqual([
      ['bind', '/srv/berth/templates', '/templates', true],
      ['bind', '/srv/team/app', '/app', true],
      ['bind', '/srv/berth/data/wrds', '/data/wrds', true],
    ]);
  });

  test('mounts a volume when all of it is wanted, and leaves out, with a warning, what the engine cannot find', async () => {
    const found = await inside([volume(at('templates'), 'templates'), volume(at('data'), 'data')], { appDir: at('app'), templatesDir: at('templates'), hostDataDir: at('data') });
    expect(found.map((m) => [m.Type, m.Source, m.Target, m.ReadOnly])).toEqual([['volume', 'templates', '/templates', true]]);
    expect(warned).toEqual([expect.objectContaining({ target: '/app' }), expect.objectContaining({ target: '/data/wrds' })]);
  });

  test.each([
    ['the hub\'s state under another name', () => [bound(at('app'), '/srv/berth'), bound(at('state'), '/srv/berth/state')]],
    ['the volume of the hub\'s state', () => [volume(at('app'), 'state'), volume(at('state'), 'state')]],
    ['a system folder of the host', () => [bound(at('app'), '/etc')]],
    ['the whole host', () => [bound(at('app'), '/')]],
  ])('J20: refuses %s', async (_what, seen) => {
    await expect(inside(seen(), { appDir: at('app') })).rejects.toMatchObject({ code: 'spawn-failed' });
  });
});
