import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import type { ServerId } from '../../hub/domain/ids';
import type { Handle } from '../../hub/domain/server';
import type { DockerSpawner } from '../../spawner/docker/docker-spawner';
import { leftOf } from '../support/docker-sweep';
import { hostAddresses, reachedFrom } from '../support/in-container';
import type { TestEngine } from '../support/test-engine';
import { containerOf, eventually, pythonInLab, requestFor, sleeper, startOptions, startTestEngine } from '../support/test-engine';

jest.setTimeout(60_000);

const PORT = 8081;

let test_: TestEngine;
let seen: ServerId[];
const alice = requestFor('alice', { profile: sleeper() });
const bob = requestFor('bob', { profile: sleeper() });
let ofAlice: Handle;
let ofBob: Handle;

/** The hub's end: it says whose lab it takes the caller for. */
function answering(spawner: DockerSpawner): DockerSpawner {
  spawner.onConnection((server, socket) => {
    seen.push(server);
    socket.on('error', () => socket.destroy()).end(server);
  });
  return spawner;
}

beforeAll(async () => {
  seen = [];
  test_ = await startTestEngine({ networkPool: '10.220.0.0/16', internalPort: PORT });
  answering(test_.spawner);
  [ofAlice, ofBob] = [await test_.spawner.start(alice, startOptions()), await test_.spawner.start(bob, startOptions())];
});
afterAll(() => test_.close());
beforeEach(() => void (seen = []));

const ask = (lab: Handle, host = 'hub'): Promise<string> =>
  pythonInLab(lab, `
import socket
try:
    s = socket.create_connection((${JSON.stringify(host)}, ${PORT}), 3)
    print(s.makefile().read())
except OSError as e:
    print("no way")`);

const nameOf = (lab: Handle): string => lab.id.split('/')[0] ?? '';
const hubAddressOf = async (lab: Handle): Promise<string> => (await containerOf(lab).inspect()).HostConfig.ExtraHosts?.[0]?.replace(/^hub:/, '') ?? '';

test('a lab reaches the hub at the url that is the same in all, and the hub knows whose lab it is', async () => {
  expect(test_.spawner.hubUrl).toBe('http://hub:8081');
  expect(await ask(ofAlice)).toBe(alice.server.id);
  expect(await ask(ofBob)).toBe(bob.server.id);
  expect(seen).toEqual([alice.server.id, bob.server.id]);
});

test('J03 J07: only that port answers, and only at the address of the lab\'s own network', async () => {
  const careless = createServer((socket) => socket.on('error', () => socket.destroy()).end('host')).listen(0);
  await once(careless, 'listening');
  try {
    const own = await hubAddressOf(ofAlice);
    const ports = [(careless.address() as AddressInfo).port, 22, 80, 111, 2375, 5432, 8000, PORT, PORT + 1];
    const targets = hostAddresses().flatMap((host) => ports.map((port) => [host, port] as const));
    expect(targets.length).toBeGreaterThan(2 * ports.length);
    expect(reachedFrom(nameOf(ofAlice), targets)).toEqual([[own, PORT]]);
    await eventually('the connection is handed over', () => seen.length > 0);
    expect(seen).toEqual([alice.server.id]);
  } finally {
    careless.close();
    await once(careless, 'close');
  }
});

test('J03: nobody passes for another lab: not a lab at a neighbour\'s address, not a program of the host', async () => {
  expect(await ask(ofBob, await hubAddressOf(ofAlice))).toBe('no way');
  const local = connect({ host: await hubAddressOf(ofAlice), port: PORT }).on('error', () => undefined).resume();
  await once(local, 'close');
  expect(seen).toEqual([]);
});

test('J03: a port that something else uses fails the start with a word about the setting, and leaves nothing', async () => {
  const other = createServer().listen(0, '0.0.0.0');
  await once(other, 'listening');
  const before = [...(await leftOf(test_.run))].sort();
  try {
    const spawner = test_.another({ internalPort: (other.address() as AddressInfo).port });
    await expect(spawner.start(requestFor('carl', { profile: sleeper() }), startOptions())).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('HUB_LISTEN_INTERNAL_PORT') });
  } finally {
    other.close();
    await once(other, 'close');
  }
  expect([...(await leftOf(test_.run))].sort()).toEqual(before);
});

test('a hub that labs shall not reach gives them no name for it', async () => {
  const spawner = test_.another({ internalPort: null });
  expect(spawner.hubUrl).toBeNull();
  const handle = await spawner.start(requestFor('dora', { profile: sleeper() }), startOptions());
  expect((await containerOf(handle).inspect()).HostConfig.ExtraHosts ?? []).toEqual([]);
  expect(await ask(handle)).toBe('no way');
  await spawner.stop(handle, { graceMs: 0 });
});

describe('after a restart of the hub', () => {
  beforeEach(() => test_.spawner.close());

  test('its running labs reach it again once it has looked at them', async () => {
    expect(await ask(ofAlice)).toBe('no way');
    const second = answering(test_.another());
    await second.inspect(ofAlice);
    await second.inspect(ofAlice);
    expect(await ask(ofAlice)).toBe(alice.server.id);
    await second.close();
    const third = answering(test_.another());
    expect(await third.list()).toHaveLength(2);
    expect([await ask(ofAlice), await ask(ofBob)]).toEqual([alice.server.id, bob.server.id]);
    await third.stop(ofAlice, { graceMs: 0 });
    expect(await ask(ofBob)).toBe(bob.server.id);
    await third.close();
  });
});
