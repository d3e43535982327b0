import type { InstanceId, ServerId, ServerName, UserId, UserName } from '../../../../hub/domain/ids';
import type { Profile } from '../../../../hub/domain/profile';
import { containerSpec } from '../../../../spawner/docker/container-spec';
import { DOCKER_DEFAULTS } from '../../../../spawner/docker/settings';
import { LAYOUTS } from '../../../../hub/domain/layouts';
import { GIB, labProfile } from '../../../../spawner/profiles';

const settings = { ...DOCKER_DEFAULTS, instance: 'hub-1' as InstanceId, dataDir: '/state', extraLabels: { 'berth.instance': 'forged', more: 'x' } };

function spec(change: Partial<Profile> = {}) {
  const request = {
    server: { id: 'srv-1' as ServerId, name: '' as ServerName },
    owner: { id: 'usr-1' as UserId, name: 'ann' as UserName },
    profile: labProfile({ image: 'img', ...change }),
    volumes: [],
    outbound: change.outbound ?? 'none',
    prefix: '/user/a$&b/',
    env: { JUPYTER_TOKEN: 's3cret', A: '1' },
  };
  return containerSpec({ request, settings, name: 'jupyterlab-ann', imageName: 'img:tag', network: 'net', address: '10.0.0.2', hubAddress: null, mounts: [{ Type: 'volume', Source: 'v', Target: '/home/jovyan' }], capacity: { cpus: 4, memoryBytes: 16 * GIB } });
}

test('J08 J09 J10: no capability, no new privileges, nothing of the host', () => {
  expect(spec().HostConfig).toMatchObject({ CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges:true'], Privileged: false, IpcMode: 'private', PublishAllPorts: false, NetworkMode: 'net', ReadonlyRootfs: true, Init: true });
  for (const key of ['CapAdd', 'Devices', 'PortBindings', 'Binds', 'PidMode', 'UsernsMode', 'ExtraHosts', 'VolumesFrom']) expect(spec().HostConfig).not.toHaveProperty(key);
  expect(spec()).not.toHaveProperty('ExposedPorts');
});

test('J12 J13 J15 J16 J17: everything has a limit', () => {
  expect(spec().HostConfig).toMatchObject({
    PidsLimit: 512,
    Memory: 8 * GIB,
    MemorySwap: 8 * GIB,
    NanoCpus: 2e9,
    ShmSize: 256 * 1024 ** 2,
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    Ulimits: [{ Name: 'nofile', Soft: 65_536, Hard: 65_536 }, { Name: 'core', Soft: 0, Hard: 0 }],
    RestartPolicy: { Name: 'no' },
    AutoRemove: false,
  });
  for (const options of Object.values(spec().HostConfig?.Tmpfs ?? {})) expect(options).toMatch(/nosuid,nodev,size=\d+m/);
});

test('limits are clamped to the host, and none means none', () => {
  expect(spec({ limits: { cpus: 64, memoryBytes: 900 * GIB, pids: 100 } }).HostConfig).toMatchObject({ NanoCpus: 4e9, Memory: 16 * GIB, MemorySwap: 16 * GIB, PidsLimit: 100 });
  const none = spec({ limits: { cpus: null, memoryBytes: null, pids: null } }).HostConfig;
  for (const key of ['NanoCpus', 'Memory', 'MemorySwap', 'PidsLimit']) expect(none).not.toHaveProperty(key);
});

test('labels carry the ids, and settings cannot forge them', () => {
  expect(spec().Labels).toEqual({ more: 'x', 'berth.instance': 'hub-1', 'berth.role': 'lab', 'berth.server': 'srv-1', 'berth.user': 'usr-1', 'berth.port': '8888', 'berth.mode': 'injected', 'berth.image': 'img:tag' });
});

test('the command gets prefix and port literally, and the secret only through the environment', () => {
  const made = spec();
  expect(made.Cmd).toEqual(expect.arrayContaining(['--ServerApp.base_url=/user/a$&b/', '--port=8888']));
  expect(JSON.stringify({ ...made, Env: [] })).not.toContain('s3cret');
  expect(made.Env).toEqual(['JUPYTER_TOKEN=s3cret', 'A=1']);
  expect(made.Hostname).toBe('lab');
});

test('an image without a command of the profile keeps its own, and its own user', () => {
  const made = spec({ argv: [], layout: { ...LAYOUTS.jovyan, user: null } });
  expect(made).not.toHaveProperty('Cmd');
  expect(made).not.toHaveProperty('User');
});

test.each(['/', '/etc/x', '/usr', 'relative', '/home/../etc', '/proc/self'])('J20: no volume goes to %s', (home) => {
  expect(() => spec({ layout: { ...LAYOUTS.jovyan, home } })).toThrow(expect.objectContaining({ code: 'invalid-input' }));
});
