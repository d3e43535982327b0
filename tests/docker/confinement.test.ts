import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Handle } from '../../hub/domain/server';
import type { TestEngine } from '../support/test-engine';
import { SECRET, containerOf, eventually, inLab, pythonInLab, requestFor, sleeper, startOptions, startTestEngine } from '../support/test-engine';

jest.setTimeout(60_000);

let root: string;
let test_: TestEngine;
let lab: Handle;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'berth-host-'));
  for (const folder of ['templates', 'app', 'data/wrds', 'data/secret-of-nobody']) await mkdir(path.join(root, folder), { recursive: true });
  await writeFile(path.join(root, 'templates/notebook.ipynb'), 'template');
  await writeFile(path.join(root, 'app/teamlib.py'), 'answer = 42');
  await writeFile(path.join(root, 'data/wrds/prices.csv'), 'p');
  test_ = await startTestEngine({ templatesDir: path.join(root, 'templates'), appDir: path.join(root, 'app'), hostDataDir: path.join(root, 'data') });
  lab = await test_.spawner.start(requestFor('alice.o@x', { profile: sleeper({ limits: { cpus: 64, memoryBytes: 128 * 1024 ** 2, pids: 64 } }) }), startOptions());
});
afterAll(async () => {
  await test_.close();
  await rm(root, { recursive: true, force: true });
});

const sh = async (script: string): Promise<string> => (await inLab(lab, 'sh', '-c', script)).out;

test('a lab gets PYTHONPATH, DATA_PATH, USER_ID with the name unchanged, and its secret as JUPYTER_TOKEN', async () => {
  const env = (await sh('env')).split('\n');
  expect(env).toEqual(expect.arrayContaining(['PYTHONPATH=/app', 'DATA_PATH=/data', 'USER_ID=alice.o@x', `JUPYTER_TOKEN=${SECRET}`, 'HOME=/home/jovyan', 'HOSTNAME=lab']));
});

test('templates, the team\'s code and present data folders are there and read-only; an absent one is not', async () => {
  expect(await sh('cat /templates/notebook.ipynb; ls /data; cat /data/wrds/prices.csv')).toBe('templatewrds\np');
  expect(await pythonInLab(lab, 'import teamlib; print(teamlib.answer)')).toBe('42');
  for (const folder of ['/templates', '/app', '/data/wrds']) expect(await sh(`touch ${folder}/x 2>&1`)).toContain('Read-only file system');
});

test('the root is read-only; home, workspace, cache, shared volume and /tmp are writable by the lab\'s user', async () => {
  for (const folder of ['/', '/etc', '/usr', '/var', '/opt']) expect(await sh(`touch ${folder === '/' ? '' : folder}/x 2>&1`)).toMatch(/Read-only|Permission denied/);
  const writable = ['/home/jovyan', '/home/jovyan/work', '/home/jovyan/.cache', '/mnt/shared', '/tmp', '/run', '/dev/shm'];
  expect(await sh(`for d in ${writable.join(' ')}; do touch $d/x && echo $d; done; pwd`)).toBe([...writable, '/home/jovyan/work'].join('\n'));
});

test('J08: neither packet nor raw sockets can be opened', async () => {
  expect(await pythonInLab(lab, `
import socket
for family in (socket.AF_PACKET, socket.AF_INET):
    try: socket.socket(family, socket.SOCK_RAW, 1); print("open")
    except PermissionError: print("EPERM")`)).toBe('EPERM\nEPERM');
});

test('J09: no capability, no new privileges, seccomp on, not root', async () => {
  const status = await sh('cat /proc/self/status; id -u');
  expect(status).toMatch(/CapEff:\s+0{16}/);
  expect(status).toMatch(/CapBnd:\s+0{16}/);
  expect(status).toMatch(/NoNewPrivs:\s+1/);
  expect(status).toMatch(/Seccomp:\s+2/);
  expect(status.split('\n').at(-1)).toBe('1000');
});

test('J10: no way up: su, user namespaces and mounts fail', async () => {
  for (const command of ['su -c id', 'sudo -n id', 'unshare -Ur id', 'mount -t tmpfs none /mnt']) expect((await inLab(lab, 'sh', '-c', `${command} </dev/null`)).code).not.toBe(0);
});

test('J12: processes are limited, and a lab full of them can still be inspected', async () => {
  const forked = Number(await pythonInLab(lab, `
import os, signal
pids = []
try:
    while len(pids) < 500:
        pid = os.fork()
        if pid == 0: signal.pause()
        pids.append(pid)
except OSError: pass
for p in pids: os.kill(p, 9)
for p in pids: os.waitpid(p, 0)
print(len(pids))`));
  expect(forked).toBeGreaterThan(10);
  expect(forked).toBeLessThan(64);
  expect((await test_.spawner.inspect(lab)).kind).toBe('running');
});

test('J13: memory is limited without swap; who uses more is ended alone, and the reason is told', async () => {
  const hog = ['python3', '-c', 'x=[]\nwhile True: x.append(bytearray(10**7))'];
  const handle = await test_.spawner.start(requestFor('hog', { profile: sleeper({ argv: hog, limits: { cpus: null, memoryBytes: 64 * 1024 ** 2, pids: 64 } }) }), startOptions());
  await eventually('the end', async () => (await test_.spawner.inspect(handle)).kind === 'exited', 30_000);
  expect(await test_.spawner.inspect(handle)).toMatchObject({ kind: 'exited', oomKilled: true, detail: expect.stringContaining('memory') });
  expect((await test_.spawner.inspect(lab)).kind).toBe('running');
  const { HostConfig } = await containerOf(handle).inspect();
  expect(HostConfig.MemorySwap).toBe(HostConfig.Memory);
});

test('limits beyond the host are clamped to it', async () => {
  const { HostConfig } = await containerOf(lab).inspect();
  expect(HostConfig.NanoCpus).toBe((await import('node:os')).cpus().length * 1e9);
});

test('J15: /tmp and /dev/shm have a size', async () => {
  expect(await sh("df -m /tmp /dev/shm /run | awk 'NR>1 {print $2}'")).toBe('512\n256\n16');
});

test('J16: a flood of output is rotated by the engine, and reading its log stays short', async () => {
  const handle = await test_.spawner.start(requestFor('noisy', { profile: sleeper({ argv: ['sh', '-c', 'yes "$(head -c 5000 /dev/zero | tr "\\0" x)"'] }) }), startOptions());
  expect((await containerOf(handle).inspect()).HostConfig.LogConfig).toEqual({ Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } });
  const lines = await test_.spawner.logs(handle, 5);
  expect(lines.length).toBeLessThanOrEqual(5);
  expect(Math.max(0, ...lines.map((l) => l.length))).toBeLessThanOrEqual(2_001);
  await test_.spawner.stop(handle, { graceMs: 0 });
});

test('J17: open files and core dumps are limited', async () => {
  expect(Number(await sh('ulimit -Hn'))).toBeLessThanOrEqual(65_536);
  expect(await sh('ulimit -Hc')).toBe('0');
});

test('J18: no secret but its own, and nobody else\'s name, is in the environment or the log', async () => {
  const env = await sh('cat /proc/1/environ 2>/dev/null | tr "\\0" "\\n"; env');
  const allowed = /^(PATH|HOME|HOSTNAME|SHELL|LANG|PWD|SHLVL|OLDPWD|_|PYTHON\w+|JUPYTER_RUNTIME_DIR|JUPYTER_TOKEN|MPLCONFIGDIR|XDG_CACHE_HOME|DATA_PATH|USER_ID)=/;
  expect(env.split('\n').filter((line) => line !== '' && !allowed.test(line))).toEqual([]);
  const talker = await test_.spawner.start(requestFor('talker', { profile: sleeper({ argv: ['sh', '-c', 'echo "my token is $JUPYTER_TOKEN, http://x/?token=abc"; sleep 60'] }) }), startOptions());
  await eventually('its line', async () => (await test_.spawner.logs(talker, 5)).length > 0);
  expect(await test_.spawner.logs(talker, 5)).toEqual(['my token is [secret], http://x/?token=[secret]']);
});

describe('J20: what may not be mounted', () => {
  const refused = async (change: Parameters<TestEngine['another']>[0]): Promise<void> => {
    const spawner = test_.another(change);
    const req = requestFor('eve', { profile: sleeper() });
    await expect(spawner.start(req, startOptions())).rejects.toMatchObject({ code: 'spawn-failed' });
    expect((await spawner.list()).filter((s) => s.server === req.server.id)).toEqual([]);
  };

  test('the hub\'s own state, what is in it and what contains it', async () => {
    const inside = path.join(test_.settings.dataDir, 'deep');
    await mkdir(inside, { recursive: true });
    await refused({ appDir: test_.settings.dataDir });
    await refused({ templatesDir: inside });
    await refused({ appDir: path.dirname(test_.settings.dataDir) });
  });

  test('a link to the root of the host, or into its system folders', async () => {
    const links = path.join(root, 'links');
    await mkdir(links);
    await symlink('/', path.join(links, 'wrds'));
    await refused({ hostDataDir: links });
    await symlink('/etc', path.join(links, 'etc'));
    await refused({ appDir: path.join(links, 'etc') });
  });

  test('a user name that looks like a path only ever names a slug', async () => {
    const handle = await test_.spawner.start(requestFor('../../etc', { profile: sleeper() }), startOptions());
    expect(handle.id).toMatch(/^jupyterlab-etc--[0-9a-f]{12}\//);
  });
});
