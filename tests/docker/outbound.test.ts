import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { systemClock, type Logger } from '../../hub/domain/runtime';
import type { Handle } from '../../hub/domain/server';
import { createDockerSpawner } from '../../spawner/docker/docker-spawner';
import { createFirewall } from '../../spawner/docker/firewall';
import { hostAddresses, reachedFrom } from '../support/in-container';
import type { PretendedInternet } from '../support/pretended-internet';
import { pretendInternet } from '../support/pretended-internet';
import type { RequestChange, TestEngine } from '../support/test-engine';
import { containerOf, engine, pythonInLab, requestFor, silentLog, sleeper, startOptions, startTestEngine } from '../support/test-engine';

jest.setTimeout(60_000);

const HUB_PORT = 8081;
const LISTEN = ['python3', '-c', 'import socket\ns=socket.socket()\ns.bind(("0.0.0.0",8888))\ns.listen(9)\nwhile True:\n c,_=s.accept()\n c.sendall(b"hello")\n c.close()'];

let test_: TestEngine;
let internet: PretendedInternet;
let careless: Server;
/** Both may reach the internet; `closed` may not. */
let open: Handle;
let other: Handle;
let closed: Handle;

const openRequest = (owner: string, change: RequestChange = {}) => ({ ...requestFor(owner, change), outbound: 'open' as const });
const nameOf = (lab: Handle): string => lab.id.split('/')[0] ?? '';
const addressOf = async (lab: Handle): Promise<string> => {
  const health = await test_.spawner.inspect(lab);
  return health.kind === 'running' ? new URL(health.origin).hostname : health.kind;
};

beforeAll(async () => {
  internet = await pretendInternet();
  test_ = await startTestEngine({ networkPool: '10.222.0.0/16', internalPort: HUB_PORT });
  test_.spawner.onConnection((_server, socket) => void socket.on('error', () => socket.destroy()).end('hub'));
  open = await test_.spawner.start(openRequest('olga', { profile: sleeper() }), startOptions());
  other = await test_.spawner.start(openRequest('otto', { profile: sleeper({ argv: LISTEN }) }), startOptions());
  closed = await test_.spawner.start(requestFor('carla', { profile: sleeper({ argv: LISTEN }) }), startOptions());
  careless = createServer((socket) => socket.on('error', () => socket.destroy()).end('host')).listen(0);
  await once(careless, 'listening');
});
afterAll(async () => {
  careless?.close();
  await test_?.close();
  await internet?.close();
});

test('a lab with open outbound reaches the internet, and one without does not', async () => {
  const read = (lab: Handle): Promise<string> => pythonInLab(lab, `
import urllib.request
try: print(urllib.request.urlopen("http://${internet.address}:${internet.port}/", timeout=3).read().decode())
except OSError: print("no way")`);
  expect(await read(open)).toBe('internet');
  expect(await read(closed)).toBe('no way');
});

test('J05: metadata and private addresses that this host itself reaches stay unreachable for a lab with open outbound', async () => {
  for (const address of internet.private) expect(await fetch(`http://${address}:${internet.port}/`, { headers: { connection: 'close' } }).then((r) => r.text())).toBe('internet');
  expect(reachedFrom(nameOf(open), internet.private.map((address) => [address, internet.port] as const))).toEqual([]);
});

test('J01: no neighbour is reachable from a lab with open outbound, nor that from a neighbour', async () => {
  const [atOpen, atOther, atClosed] = [await addressOf(open), await addressOf(other), await addressOf(closed)];
  const ports = [22, 80, 5555, 8888];
  const targets = (addresses: readonly string[]) => addresses.flatMap((address) => ports.map((port) => [address, port] as const));
  expect(reachedFrom(nameOf(other), [['127.0.0.1', 8888]])).toHaveLength(1);
  expect(reachedFrom(nameOf(open), targets([atOther, atClosed]))).toEqual([]);
  expect(reachedFrom(nameOf(closed), targets([atOpen, atOther]))).toEqual([]);
});

test('J03 J07: no address of the host answers a lab with open outbound but the hub\'s port on its own network', async () => {
  const own = (await addressOf(open)).replace(/\d+$/, (n) => String(Number(n) - 1));
  const ports = [(careless.address() as AddressInfo).port, 22, 80, 111, 2375, 5432, 8000, HUB_PORT];
  expect(hostAddresses()).toContain(internet.gateway);
  expect(reachedFrom(nameOf(open), hostAddresses().flatMap((address) => ports.map((port) => [address, port] as const)))).toEqual([[own, HUB_PORT]]);
});

test('J07: nothing that the internet begins reaches a lab with open outbound', async () => {
  const listening = await addressOf(other);
  expect(internet.reaches(listening, 8888)).toBe(false);
  // The same way does lead to the host, so that it is not for want of one.
  expect(internet.reaches(internet.gateway, (careless.address() as AddressInfo).port)).toBe(true);
  const network = Object.keys((await containerOf(other).inspect()).NetworkSettings.Networks)[0] ?? '';
  expect(await engine.getNetwork(network).inspect()).toMatchObject({ Internal: false, Options: { 'com.docker.network.bridge.name': expect.stringMatching(/^nx/), 'com.docker.network.bridge.enable_icc': 'false' } });
});

test('J22: there is no way out or round over IPv6', async () => {
  const local = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter((a) => a.family === 'IPv6').map((a) => (a.address.startsWith('fe80:') ? `${a.address}%eth0` : a.address)));
  const { port } = careless.address() as AddressInfo;
  expect(reachedFrom(nameOf(open), local.filter((address) => address !== '::1').map((address) => [address, port] as const))).toEqual([]);
  expect(await pythonInLab(open, "import os\nf = '/proc/net/if_inet6'\nprint([l.split()[5] for l in open(f) if l.split()[5] != 'lo'] if os.path.exists(f) else [])")).toBe('[]');
});

test('names are looked up where the host looks them up, and only with open outbound', async () => {
  expect((await containerOf(open).inspect()).HostConfig.Dns).toEqual([]);
  expect((await containerOf(closed).inspect()).HostConfig.Dns).toEqual(['192.0.2.1']);
});

test('each start of such a lab is written down as a warning', async () => {
  const warned: unknown[] = [];
  const log: Logger = { ...silentLog, warn: (fields, text) => void warned.push([fields, text]) };
  const spawner = createDockerSpawner(test_.settings, { clock: systemClock, log });
  const handle = await spawner.start(openRequest('ossi', { profile: sleeper() }), startOptions());
  expect(warned).toEqual([[expect.objectContaining({ user: 'ossi' }), expect.stringContaining('may reach the internet')]]);
  await spawner.stop(handle, { graceMs: 0 });
  await spawner.close();
});

test('J07: without rules of the host none is started, even where isolation is only reported', async () => {
  const firewall = createFirewall({ internalPort: HUB_PORT, uid: 1000 });
  const spawner = createDockerSpawner({ ...test_.settings, isolation: 'report' }, { clock: systemClock, log: silentLog, firewall });
  await expect(spawner.start(openRequest('oma', { profile: sleeper() }), startOptions())).rejects.toMatchObject({ code: 'unavailable' });
  await spawner.close();
});
