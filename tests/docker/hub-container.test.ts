import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../hub/domain/runtime';
import type { Handle } from '../../hub/domain/server';
import { findHubContainer } from '../../spawner/docker/hub-container';
import { LABEL } from '../../spawner/labels';
import { leftOf } from '../support/docker-sweep';
import { hostAddresses, inContainer, reachedFrom } from '../support/in-container';
import type { TestEngine } from '../support/test-engine';
import { TEST_IMAGE, containerOf, engine, inLab, requestFor, silentLog, sleeper, startOptions, startTestEngine } from '../support/test-engine';

jest.setTimeout(60_000);

const POOL = '10.221.0.0/16';
/** Says hello on every address that it has, as a hub that listens without care would. */
const HELLO = 'import socket\ns=socket.socket()\ns.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)\ns.bind(("0.0.0.0",8081))\ns.listen(9)\nwhile True:\n c,_=s.accept()\n c.sendall(b"hub")\n c.close()';

let test_: TestEngine;
let root: string;
let hub: string;
let alice: Handle;
let bob: Handle;

/** A container that plays the hub's own: the spawner that attaches it is in this process, as its engine is the same. */
async function playHub(name: string): Promise<void> {
  const container = await engine.createContainer({
    name,
    Image: TEST_IMAGE,
    Entrypoint: ['python3', '-c', HELLO],
    Cmd: [],
    Labels: { [LABEL.run]: test_.run },
    HostConfig: { Init: true, Binds: [`${path.join(root, 'of-host')}:${path.join(root, 'app')}:ro`] },
  });
  await container.start();
}

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'berth-inside-'));
  for (const folder of ['of-host', 'app', 'templates']) await mkdir(path.join(root, folder));
  await writeFile(path.join(root, 'of-host/teamlib.py'), 'answer = 42');
  const name = `berth-test-hub-${process.pid}`;
  test_ = await startTestEngine({ networkPool: POOL, hubContainer: name, firewall: 'auto', appDir: path.join(root, 'app'), templatesDir: path.join(root, 'templates') });
  hub = name;
  await playHub(hub);
  alice = await test_.spawner.start(requestFor('alice', { profile: sleeper({ argv: ['python3', '-c', HELLO.replace('8081', '8888').replace('hub', 'lab')] }) }), startOptions());
  bob = await test_.spawner.start(requestFor('bob', { profile: sleeper() }), startOptions());
});
afterAll(async () => {
  await test_.close();
  await rm(root, { recursive: true, force: true });
});

const nameOf = (lab: Handle): string => lab.id.split('/')[0] ?? '';
const networkOf = async (lab: Handle): Promise<string> => Object.keys((await containerOf(lab).inspect()).NetworkSettings.Networks)[0] ?? '';
const addressesOf = async (name: string): Promise<Record<string, string>> => Object.fromEntries(Object.entries((await engine.getContainer(name).inspect()).NetworkSettings.Networks).map(([network, n]) => [network, n.IPAddress]));
const originOf = async (lab: Handle): Promise<string> => {
  const health = await test_.spawner.inspect(lab);
  return health.kind === 'running' ? new URL(health.origin).hostname : health.kind;
};

test('its container is on the network of each lab, at an address of its own, and the host on none', async () => {
  const ofHub = await addressesOf(hub);
  for (const lab of [alice, bob]) {
    const network = await networkOf(lab);
    expect(ofHub[network]).toMatch(/^10\.221\.\d+\.\d+$/);
    expect(ofHub[network]).not.toBe(await originOf(lab));
    expect(await engine.getNetwork(network).inspect()).toMatchObject({ Internal: true, Options: { 'com.docker.network.bridge.inhibit_ipv4': 'true' } });
  }
  expect(hostAddresses().filter((address) => address.startsWith('10.221.'))).toEqual([]);
});

test('the hub reaches a lab at its origin', async () => {
  expect(reachedFrom(hub, [[await originOf(alice), 8888]])).toHaveLength(1);
  expect(inContainer(hub, 'python3', '-c', `import socket;print(socket.create_connection(("${await originOf(alice)}",8888),3).makefile().read())`)).toBe('lab');
});

test('J01 J03 J07: a lab reaches neither its neighbour nor the hub\'s place beside that, nor any address of the host', async () => {
  const careless = createServer((socket) => socket.on('error', () => socket.destroy()).end('host')).listen(0);
  await once(careless, 'listening');
  try {
    const ofHub = await addressesOf(hub);
    const beside = ofHub[await networkOf(alice)] ?? '';
    const gateways = [await originOf(alice), await originOf(bob)].map((address) => address.replace(/\d+$/, (n) => String(Number(n) - 1)));
    const ports = [(careless.address() as AddressInfo).port, 22, 80, 111, 2375, 8000, 8081];
    const targets = [[await originOf(alice), 8888] as const, [beside, 8081] as const, ...[...hostAddresses(), ...gateways].flatMap((host) => ports.map((port) => [host, port] as const))];
    expect(reachedFrom(nameOf(bob), targets)).toEqual([]);
  } finally {
    careless.close();
    await once(careless, 'close');
  }
});

test('J05 J06: neither metadata nor the internet is reachable', () => {
  expect(reachedFrom(nameOf(bob), [['169.254.169.254', 80], ['100.100.100.200', 80], ['1.1.1.1', 443], ['8.8.8.8', 53]])).toEqual([]);
});

test('J20: folders of the hub\'s container are mounted by the host\'s names, and what only it has is left out', async () => {
  expect((await inLab(alice, 'sh', '-c', 'cat /app/teamlib.py; ls -d /templates 2>/dev/null')).out).toBe('answer = 42');
  expect((await inLab(alice, 'touch', '/app/x')).out).toContain('Read-only');
});

test('a lab that should reach the internet is refused in plain words, and leaves nothing', async () => {
  const before = [...(await leftOf(test_.run))].sort();
  await expect(test_.spawner.start({ ...requestFor('ines', { profile: sleeper() }), outbound: 'open' }, startOptions())).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('run the hub on the host') });
  expect([...(await leftOf(test_.run))].sort()).toEqual(before);
});

test('a hub container that was made again gets its place back, and labs go on', async () => {
  const before = (await containerOf(alice).inspect()).State.StartedAt;
  await engine.getContainer(hub).remove({ force: true });
  await playHub(hub);
  expect(Object.keys(await addressesOf(hub))).toHaveLength(1);
  const again = test_.another();
  for (const lab of [alice, bob]) await again.inspect(lab);
  expect(Object.keys(await addressesOf(hub))).toHaveLength(3);
  expect(reachedFrom(hub, [[await originOf(alice), 8888]])).toHaveLength(1);
  expect((await containerOf(alice).inspect()).State.StartedAt).toBe(before);
  await again.close();
});

test('the door for labs is at the fixed address of the hub\'s container: a lab reaches that, and a hub that is elsewhere says that it cannot open it', async () => {
  const listening = test_.another({ internalPort: 8081 });
  expect(listening.hubUrl).toBe('http://hub:8081');
  await expect(listening.start(requestFor('karl', { profile: sleeper() }), startOptions())).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('HUB_LISTEN_INTERNAL_PORT') });
  await listening.close();
  expect(reachedFrom(nameOf(alice), [[(await addressesOf(hub))[await networkOf(alice)] ?? '', 8081]])).toHaveLength(1);
});

test('a stop and the end of an installation leave no network on the hub\'s container', async () => {
  await test_.spawner.stop(bob, { graceMs: 0 });
  expect(Object.keys(await addressesOf(hub))).toHaveLength(2);
  await test_.spawner.tearDown({ volumes: false });
  expect(await leftOf(test_.run)).toEqual([`/${hub}`]);
});

describe('finding its own container', () => {
  const find = (name: string, mark = '/proc/self/status') => findHubContainer({ clock: systemClock, log: silentLog, mark, name });

  test('by the name that a container gives itself', async () => {
    const { Id } = await engine.getContainer(hub).inspect();
    expect(await find(Id.slice(0, 12))).toBe(Id);
  });

  test('finds none outside of one, nor in one that this engine does not know', async () => {
    expect(await find(hub, '/nowhere/.dockerenv')).toBeNull();
    expect(await find('berth-test-nobody')).toBeNull();
  });

  test('believes that name while the engine does not answer', async () => {
    expect(await findHubContainer({ host: 'unix:///nowhere/docker.sock', clock: systemClock, log: silentLog, mark: '/proc/self/status', name: 'abc' })).toBe('abc');
  });
});
