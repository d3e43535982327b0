import { mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { PolicyMount } from '../../hub/domain/policy';
import type { SpawnRequest } from '../../spawner/spawner';
import { containerOf, engine, inLab, pythonInLab, requestFor, sleeper, startOptions, startTestEngine, type TestEngine } from '../support/test-engine';

jest.setTimeout(120_000);

/** Not below /tmp: a folder that is the administrator's own, with the hub's state beside it. */
const ROOT = '/opt';
let folder: string;
let test_: TestEngine;

beforeAll(async () => {
  folder = await mkdtemp(path.join(ROOT, 'berth-mounts-'));
  await mkdir(path.join(folder, 'project'), { mode: 0o777 });
  await mkdir(path.join(folder, 'state'));
  test_ = await startTestEngine({ networkPool: '10.228.0.0/16', dataDir: path.join(folder, 'state'), allowedMounts: [folder] });
});
afterAll(async () => {
  await test_?.close();
  await rm(folder, { recursive: true, force: true });
});

const request = (owner: string, more: Partial<Pick<SpawnRequest, 'docker' | 'mounts'>> = {}): SpawnRequest => ({ ...requestFor(owner, { profile: sleeper() }), ...more });

/** Asks the engine for its version, as any client of it does. */
const ASK = `
import socket
s = socket.socket(socket.AF_UNIX)
try:
    s.connect("/var/run/docker.sock")
    s.sendall(b"GET /version HTTP/1.0\\r\\n\\r\\n")
    print(s.recv(64).split(b"\\r\\n")[0].decode())
except OSError as err: print(type(err).__name__)`;

test('J21: a lab of somebody in the group talks to the engine, as its own user, with nothing else loosened', async () => {
  const lab = await test_.spawner.start(request('dora', { docker: true }), startOptions());
  expect(await pythonInLab(lab, ASK)).toBe('HTTP/1.0 200 OK');
  const { HostConfig, Config } = await containerOf(lab).inspect();
  const { gid } = await stat('/var/run/docker.sock');
  expect(HostConfig.GroupAdd).toEqual([String(gid)]);
  expect((await inLab(lab, 'id', '-G')).out.split(' ')).toContain(String(gid));
  expect((await inLab(lab, 'id', '-u')).out).not.toBe('0');
  expect(Config.User).not.toMatch(/^0|root/);
  expect(HostConfig).toMatchObject({ CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges:true'], Privileged: false });
  const mount = HostConfig.Mounts?.find(({ Target }) => Target === '/var/run/docker.sock');
  expect([mount?.Type, mount?.ReadOnly ?? false]).toEqual(['bind', false]);
});

test('J21 J04: a lab of anybody else has no socket and no group of it, whatever its environment says', async () => {
  const lab = await test_.spawner.start({ ...request('eve'), env: { ...request('eve').env, DOCKER_HOST: 'unix:///var/run/docker.sock' } }, startOptions());
  expect(await pythonInLab(lab, ASK)).toBe('FileNotFoundError');
  const { HostConfig } = await containerOf(lab).inspect();
  expect(HostConfig.GroupAdd ?? []).toEqual([]);
  expect(JSON.stringify(HostConfig.Mounts)).not.toContain('docker.sock');
  const { gid } = await stat('/var/run/docker.sock');
  if (gid !== 0) expect((await inLab(lab, 'id', '-G')).out.split(' ')).not.toContain(String(gid));
});

test('J21: whoever leaves the group has no socket in the next start of the same server', async () => {
  const before = request('finn', { docker: true });
  await test_.spawner.start(before, startOptions());
  const { docker: _docker, ...after } = before;
  const lab = await test_.spawner.start(after, startOptions());
  expect(await pythonInLab(lab, ASK)).toBe('FileNotFoundError');
});

test('folders of a group are read-only unless it says otherwise', async () => {
  const source = path.join(folder, 'project');
  const lab = await test_.spawner.start(request('gina', { mounts: [{ source, target: '/mnt/look', writable: false }, { source, target: '/data/work', writable: true }] }), startOptions());
  const write = (place: string): Promise<string> => pythonInLab(lab, `
try: open("${place}/seen", "w").close(); print("written")
except OSError as err: print(err.strerror)`);
  expect(await write('/mnt/look')).toBe('Read-only file system');
  // Whether it may be written to is the host's permissions then, which are open here.
  expect(['written', 'Permission denied']).toContain(await write('/data/work'));
  expect((await containerOf(lab).inspect()).HostConfig.Mounts?.filter(({ Source }) => Source === source).map(({ Target, ReadOnly }) => [Target, ReadOnly === true])).toEqual([['/mnt/look', true], ['/data/work', false]]);
});

test('J20: a link that leads out of the allowed folders, the hub\'s state, and what is missing fail the start and leave nothing', async () => {
  await symlink('/etc', path.join(folder, 'link'));
  await symlink(path.join(folder, 'state'), path.join(folder, 'state-link'));
  const mount = (name: string): PolicyMount => ({ source: path.join(folder, name), target: '/mnt/a', writable: true });
  for (const [name, why] of [['link', 'leads out of the folders'], ['state-link', 'own files'], ['state', 'own files'], ['absent', 'missing on the host']] as const) {
    await expect(test_.spawner.start(request('hugo', { mounts: [mount(name)] }), startOptions())).rejects.toMatchObject({ code: 'spawn-failed', message: expect.stringContaining(why) as string });
  }
  await expect(test_.spawner.start(request('hugo', { mounts: [{ ...mount('project'), source: '/var/log' }] }), startOptions())).rejects.toMatchObject({ message: expect.stringContaining('leads out') as string });
  const left = await engine.listContainers({ all: true, filters: { label: [`berth.run=${test_.run}`] } });
  expect(left.filter(({ Names }) => Names.some((name) => name.includes('hugo')))).toEqual([]);
});

test('a mount never hides a volume of the profile', async () => {
  const { profile } = request('ines');
  const source = path.join(folder, 'project');
  await expect(test_.spawner.start(request('ines', { mounts: [{ source, target: `${profile.layout.workspace}/x`, writable: false }] }), startOptions())).rejects.toMatchObject({ message: expect.stringContaining('in its place') as string });
});
