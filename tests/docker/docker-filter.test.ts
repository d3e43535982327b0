import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newId, type InstanceId } from '../../hub/domain/ids';
import { createFilter } from '../../spawner/docker-filter/filter';
import { LABEL } from '../../spawner/labels';
import { describeSpawner } from '../contracts/describe-spawner';
import { createMemoryLog, type LogLine } from '../support/start-hub';
import { containerOf, engine, requestFor, SECRET, startTestEngine, TEST_IMAGE, type TestEngine } from '../support/test-engine';

jest.setTimeout(120_000);

interface Filtered {
  readonly socket: string;
  readonly lines: readonly LogLine[];
  close(): Promise<void>;
}

async function startFilter(allowed: { readonly volumes?: readonly string[]; readonly folders?: readonly string[]; readonly hub?: readonly string[] } = {}): Promise<Filtered> {
  const folder = mkdtempSync(path.join(tmpdir(), 'berth-filter-'));
  const socket = path.join(folder, 'docker.sock');
  const { log, lines } = createMemoryLog();
  let pinned: string | null = null;
  const server = createFilter({
    engineSocket: '/var/run/docker.sock',
    allowed: { hub: allowed.hub ?? null, folders: allowed.folders ?? [], volumes: allowed.volumes ?? [], pools: ['10.192.0.0/10'] },
    pin: { get: () => pinned, set: (instance) => (pinned = instance) },
    log,
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    lines,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const filters: Filtered[] = [];
const filter = async (allowed: Parameters<typeof startFilter>[0] = {}): Promise<Filtered> => {
  const made = await startFilter(allowed);
  filters.push(made);
  return made;
};
afterAll(async () => {
  for (const made of filters) await made.close();
});

// Whatever the spawner does, it can do through the filter: it needs no verb that the filter does not know.
describeSpawner('docker, through the filter', async () => {
  const test = await startTestEngine();
  // One filter serves one hub; the contract has several on one engine.
  const through = async (): Promise<string> => `unix://${(await filter({ volumes: test.settings.sharedVolume === null ? [] : [test.settings.sharedVolume] })).socket}`;
  const hosts = await Promise.all(Array.from({ length: 6 }, through));
  const next = (): string => {
    const host = hosts.pop();
    if (host === undefined) throw new Error('the contract has more hubs than filters');
    return host;
  };
  return {
    spawner: test.another({ probeImage: null, host: next() }),
    secret: SECRET,
    request: (owner) => requestFor(owner),
    kill: async (handle) => {
      await containerOf(handle).kill();
    },
    occupy: async (req) => {
      const foreign = await engine.createContainer({ name: `${test.settings.namePrefix}${req.owner.name}`, Image: TEST_IMAGE, Cmd: ['true'], Labels: { [LABEL.run]: test.run } });
      return async () => (await foreign.inspect()).Id === foreign.id;
    },
    otherHub: (instance) => test.another({ instance, host: next() }),
    close: () => test.close(),
  };
});

describe('a hub that somebody took over', () => {
  let test0: TestEngine;
  let filtered: Filtered;
  const instance = newId<'InstanceId'>() as unknown as InstanceId;
  let foreign: string;

  beforeAll(async () => {
    test0 = await startTestEngine();
    filtered = await filter();
    const container = await engine.createContainer({ Image: TEST_IMAGE, Cmd: ['sleep', '300'], Labels: { [LABEL.run]: test0.run, [LABEL.instance]: 'another-hub' } });
    await container.start();
    foreign = container.id;
    // The hub says who it is, as it does at every boot.
    expect((await ask('GET', `/containers/json?filters=${encodeURIComponent(JSON.stringify({ label: [`${LABEL.instance}=${instance}`] }))}`)).status).toBe(200);
  });
  afterAll(() => test0.close());

  const ask = (method: string, target: string, body?: unknown): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
      const req = http.request({ socketPath: filtered.socket, method, path: target, agent: false, headers: { ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }) } }, (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('end', () => resolve({ status: res.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      });
      req.on('error', reject);
      req.end(text);
    });

  /** What the filter lets through as it is: every attack below differs from it in one thing. */
  const harmless = (): { Image: string; Cmd: string[]; Labels: Record<string, string>; HostConfig: Record<string, unknown> } => ({
    Image: TEST_IMAGE,
    Cmd: ['true'],
    Labels: { [LABEL.instance]: instance, [LABEL.run]: test0.run },
    HostConfig: { NetworkMode: 'none', CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges:true'] },
  });
  const withHost = (change: Record<string, unknown>) => ({ ...harmless(), HostConfig: { ...harmless().HostConfig, ...change } });

  test('S07: a container without privilege is made, so that the refusals below mean something', async () => {
    const made = await ask('POST', '/v1.41/containers/create', harmless());
    expect({ status: made.status, text: made.text }).toMatchObject({ status: 201 });
    const { Id } = JSON.parse(made.text) as { Id: string };
    expect((await ask('DELETE', `/v1.41/containers/${Id}?force=1`)).status).toBe(204);
  });

  const ATTACKS: readonly (readonly [string, () => unknown])[] = [
    ['a privileged container', () => withHost({ Privileged: true })],
    ['the same, in other letters', () => withHost({ privileged: true })],
    ['a host folder', () => withHost({ Binds: ['/:/host'] })],
    ['a host folder as a mount', () => withHost({ Mounts: [{ Type: 'bind', Source: '/', Target: '/host', ReadOnly: true }] })],
    ['the engine\'s socket', () => withHost({ Mounts: [{ Type: 'bind', Source: '/var/run/docker.sock', Target: '/var/run/docker.sock', ReadOnly: true }] })],
    ['a host folder through a volume driver', () => withHost({ Mounts: [{ Type: 'volume', Source: 'x', Target: '/x', VolumeOptions: { Labels: { [LABEL.instance]: instance }, DriverConfig: { Name: 'local', Options: { type: 'none', o: 'bind', device: '/' } } } }] })],
    ['the host\'s processes', () => withHost({ PidMode: 'host' })],
    ['the host\'s network', () => withHost({ NetworkMode: 'host' })],
    ['the default bridge', () => withHost({ NetworkMode: 'bridge' })],
    ['another container\'s network', () => withHost({ NetworkMode: `container:${foreign}` })],
    ['the host\'s memory', () => withHost({ IpcMode: 'host' })],
    ['a device', () => withHost({ Devices: [{ PathOnHost: '/dev/sda', PathInContainer: '/dev/sda', CgroupPermissions: 'rwm' }] })],
    ['a capability', () => withHost({ CapAdd: ['SYS_ADMIN'] })],
    ['no dropped capability', () => withHost({ CapDrop: [] })],
    ['no seccomp', () => withHost({ SecurityOpt: ['no-new-privileges:true', 'seccomp=unconfined'] })],
    ['unmasked kernel files', () => withHost({ MaskedPaths: [] })],
    ['a kernel setting', () => withHost({ Sysctls: { 'net.ipv4.ip_forward': '1' } })],
    ['a place among the host\'s control groups', () => withHost({ CgroupParent: '/' })],
    ['a published port', () => withHost({ PortBindings: { '80/tcp': [{ HostPort: '80' }] } })],
    ['another container\'s volumes', () => withHost({ VolumesFrom: [foreign] })],
    ['no label', () => ({ ...harmless(), Labels: {} })],
    ['another hub\'s label', () => ({ ...harmless(), Labels: { [LABEL.instance]: 'another-hub' } })],
    ['a key that nobody knows', () => ({ ...harmless(), Surprise: 1 })],
    ['no object at all', () => '[1'],
  ];
  test.each(ATTACKS)('S07 J21: it gets no container with %s', async (_what, body) => {
    const before = filtered.lines.length;
    const answer = await ask('POST', '/v1.41/containers/create', body());
    expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 403, text: expect.stringContaining('Refused by the filter') as string });
    // Every refusal is written down.
    expect(filtered.lines.slice(before)).toEqual([expect.objectContaining({ level: 'warn', message: 'a call was refused' })]);
  });

  test.each([
    ['GET', 'logs?stdout=1'], ['POST', 'stop'], ['POST', 'kill'], ['POST', 'restart'], ['DELETE', ''], ['POST', 'exec'], ['POST', 'attach?stream=1&stdout=1'], ['GET', 'archive?path=/etc'], ['POST', 'update'],
  ])('S07 J21: a foreign container is out of its reach: %s %s', async (method, verb) => {
    const target = `/v1.41/containers/${foreign}${verb === '' ? '' : `/${verb}`}`;
    expect((await ask(method, target, method === 'POST' && verb === 'exec' ? { Cmd: ['id'] } : undefined)).status).toBe(403);
    expect((await engine.getContainer(foreign).inspect()).State.Running).toBe(true);
  });

  test('S07 J21: it reads nothing out of a container but what a download of volumes mounts there', async () => {
    for (const container of [foreign, 'no-such-container']) expect((await ask('GET', `/containers/${container}/archive?path=%2Fetc`)).status).toBe(403);
    expect((await ask('GET', `/containers/${foreign}/archive?path=%2Ffiles`)).status).toBe(403);
  });

  test('S07 J21: of sizes it learns those of its own volumes', async () => {
    const answer = JSON.parse((await ask('GET', '/system/df')).text) as { readonly Volumes: readonly unknown[] };
    expect(answer).toEqual({ Volumes: [] });
    expect(((await engine.df()) as { readonly Images: readonly unknown[] }).Images.length).toBeGreaterThan(0);
  });

  test('S07 J21: of a foreign container it learns that there is one, and nothing else', async () => {
    const answer = await ask('GET', `/containers/${foreign}/json`);
    expect(JSON.parse(answer.text)).toEqual({ Name: foreign, Labels: { [LABEL.instance]: 'another' }, Config: { Labels: { [LABEL.instance]: 'another' } } });
    expect(JSON.parse((await ask('GET', '/networks/bridge')).text)).toEqual({ Name: 'bridge', Labels: {}, Config: { Labels: {} } });
  });

  test('S07 J21: lists name its own things only, and pruning does not exist', async () => {
    for (const target of ['/containers/json?all=1', `/containers/json?filters=${encodeURIComponent('{"label":["berth.run"]}')}`, `/containers/json?filters=${encodeURIComponent('{"label":["berth.instance=another-hub"]}')}`, '/volumes', '/events']) {
      expect({ target, status: (await ask('GET', target)).status }).toEqual({ target, status: 403 });
    }
    for (const kind of ['containers', 'networks', 'volumes', 'images']) expect((await ask('POST', `/${kind}/prune`)).status).toBe(403);
    const networks = JSON.parse((await ask('GET', '/networks')).text) as Record<string, unknown>[];
    expect(networks.length).toBeGreaterThan(0);
    for (const network of networks) expect(Object.keys(network)).toEqual(['Labels', 'IPAM']);
  });

  test('S07: it cannot join a container of its own to a foreign network, nor a foreign container to its own', async () => {
    const made = JSON.parse((await ask('POST', '/containers/create', harmless())).text) as { Id: string };
    expect((await ask('POST', '/networks/bridge/connect', { Container: made.Id })).status).toBe(403);
    const network = await ask('POST', '/networks/create', { Name: `berth-filter-${instance.slice(0, 8)}`, Driver: 'bridge', Internal: true, IPAM: { Config: [{ Subnet: '10.219.255.0/28' }] }, Labels: { [LABEL.instance]: instance, [LABEL.run]: test0.run } });
    expect({ status: network.status, text: network.text }).toMatchObject({ status: 201 });
    const { Id } = JSON.parse(network.text) as { Id: string };
    expect((await ask('POST', `/networks/${Id}/connect`, { Container: foreign })).status).toBe(403);
    expect((await ask('DELETE', `/networks/${Id}`)).status).toBe(204);
    expect((await ask('DELETE', `/containers/${made.Id}`)).status).toBe(204);
  });

  test('S07: it cannot start a container on a foreign network whose id begins like the name of one of its own that is gone', async () => {
    const foreignNetwork = await engine.createNetwork({ Name: `foreign-${instance.slice(0, 8)}`, Driver: 'bridge', Internal: true, IPAM: { Driver: 'default', Config: [{ Subnet: '10.219.254.0/28' }] }, Labels: { [LABEL.run]: test0.run } });
    const network = (Name: string) => ({ Name, Driver: 'bridge', Internal: true, IPAM: { Config: [{ Subnet: '10.219.254.16/28' }] }, Labels: { [LABEL.instance]: instance, [LABEL.run]: test0.run } });
    expect((await ask('POST', '/networks/create', network(foreignNetwork.id.slice(0, 10)))).status).toBe(403);
    const own = `own-${instance.slice(0, 8)}`;
    expect((await ask('POST', '/networks/create', network(own))).status).toBe(201);
    const { Id } = JSON.parse((await ask('POST', '/containers/create', withHost({ NetworkMode: own }))).text) as { Id: string };
    expect((await ask('DELETE', `/networks/${own}`)).status).toBe(204);
    expect((await ask('POST', `/containers/${Id}/start`)).status).toBe(403);
    expect((await ask('DELETE', `/containers/${Id}`)).status).toBe(204);
    await foreignNetwork.remove();
  });

  test('S07: a host folder is seen read-only and only where the administrator showed it to the hub\'s own container', async () => {
    const mark = `berth.test-hub=${test0.run}`;
    const folder = mkdtempSync(path.join(tmpdir(), 'berth-shown-'));
    const hub = await engine.createContainer({ Image: TEST_IMAGE, Cmd: ['sleep', '300'], Labels: { [LABEL.run]: test0.run, 'berth.test-hub': test0.run }, HostConfig: { Mounts: [{ Type: 'bind', Source: folder, Target: '/srv/app', ReadOnly: true }, { Type: 'bind', Source: '/var/run/docker.sock', Target: '/var/run/docker.sock' }] } });
    await hub.start();
    const before = filtered;
    filtered = await filter({ hub: [mark] });
    try {
      const mounting = (Source: string, ReadOnly = true) => withHost({ Mounts: [{ Type: 'bind', Source, Target: '/x', ReadOnly, BindOptions: { Propagation: 'rprivate' } }] });
      const made = await ask('POST', '/containers/create', mounting(folder));
      expect({ status: made.status, text: made.text }).toMatchObject({ status: 201 });
      for (const [source, readOnly] of [[folder, false], ['/', true], ['/var/run/docker.sock', true], [`${folder}x`, true], [`${folder}/../..`, true]] as const) {
        expect({ source, readOnly, status: (await ask('POST', '/containers/create', mounting(source, readOnly))).status }).toEqual({ source, readOnly, status: 403 });
      }
      // Its own container may be looked at, and nothing else be done to it.
      expect((await ask('GET', `/containers/${hub.id}/json`)).text).toContain('"Mounts"');
      expect((await ask('POST', `/containers/${hub.id}/restart`)).status).toBe(403);
    } finally {
      filtered = before;
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('S07: it cannot become another hub later, and images are only pulled', async () => {
    expect((await ask('POST', '/volumes/create', { Name: 'berth-filter-x', Labels: { [LABEL.instance]: 'another-hub' } })).status).toBe(403);
    expect((await ask('POST', '/volumes/create', { Name: 'berth-filter-x', DriverOpts: { type: 'none', o: 'bind', device: '/' }, Labels: { [LABEL.instance]: instance } })).status).toBe(403);
    expect((await ask('POST', '/images/create?fromSrc=-&repo=x')).status).toBe(403);
  });
});
