import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { execFileSync } from 'node:child_process';
import { systemClock } from '../../hub/domain/runtime';
import type { Handle } from '../../hub/domain/server';
import { createDockerSpawner } from '../../spawner/docker/docker-spawner';
import { createFirewall } from '../../spawner/docker/firewall';
import type { TestEngine } from '../support/test-engine';
import { containerOf, eventually, inLab, pythonInLab, requestFor, silentLog, sleeper, startOptions, startTestEngine } from '../support/test-engine';

jest.setTimeout(60_000);

/** Tries all targets at once; a refusal counts as reached, because something answered. */
const CONNECT = (targets: readonly (readonly [string, number])[]): string => `
import json, socket
from concurrent.futures import ThreadPoolExecutor
def tcp(t):
    try:
        socket.create_connection((t[0], t[1]), 2).close()
        return True
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
targets = json.loads('''${JSON.stringify(targets)}''')
with ThreadPoolExecutor(64) as pool:
    print(json.dumps([t for t, open in zip(targets, pool.map(tcp, targets)) if open]))
`;

const LISTEN = ['python3', '-c', 'import socket\ns=socket.socket()\ns.bind(("0.0.0.0",8888))\ns.listen(9)\nwhile True:\n c,_=s.accept()\n c.sendall(b"hello")\n c.close()'];

const INTERNAL = 8081;
let test_: TestEngine;
let alice: Handle;
let bob: Handle;
let bobAddress: string;
let host: Server;
let port: number;

beforeAll(async () => {
  test_ = await startTestEngine({ networkPool: '10.216.0.0/16', internalPort: INTERNAL });
  alice = await test_.spawner.start(requestFor('alice', { profile: sleeper() }), startOptions());
  bob = await test_.spawner.start(requestFor('bob', { profile: sleeper({ argv: LISTEN }) }), startOptions());
  const health = await test_.spawner.inspect(bob);
  bobAddress = health.kind === 'running' ? new URL(health.origin).hostname : '';
  host = createServer((socket) => socket.on('error', () => socket.destroy()).end('host')).listen(0);
  await new Promise((resolve) => host.once('listening', resolve));
  port = (host.address() as AddressInfo).port;
});
afterAll(async () => {
  await new Promise((resolve) => host.close(resolve));
  await test_.close();
});

const reachedFrom = async (lab: Handle, targets: readonly (readonly [string, number])[]): Promise<unknown> => JSON.parse(await pythonInLab(lab, CONNECT(targets)));
const gatewayOf = async (lab: Handle): Promise<string> => Object.values((await containerOf(lab).inspect()).NetworkSettings.Networks)[0]?.IPAddress.replace(/\d+$/, (n) => String(Number(n) - 1)) ?? '';
const hostAddresses = (): string[] => Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter((a) => !a.internal && !a.address.startsWith('fe80:')).map((a) => a.address));

test('the tests themselves can see a connection: a lab reaches its own port', async () => {
  expect(await reachedFrom(bob, [['127.0.0.1', 8888]])).toEqual([['127.0.0.1', 8888]]);
});

test('J01: no port of a neighbour is reachable', async () => {
  expect(await reachedFrom(alice, [22, 80, 5555, 8888, 49152].map((p) => [bobAddress, p] as const))).toEqual([]);
});

test('J02: no name of a neighbour or of the hub resolves', async () => {
  const names = ['jupyterlab-bob', 'bob', 'lab-bob', 'host.docker.internal', 'gateway.docker.internal'];
  const found = await pythonInLab(alice, `import socket\nfor n in ${JSON.stringify(names)}:\n  try: print(n, socket.gethostbyname(n))\n  except OSError: pass`);
  expect(found).toBe('');
});

test('J03 J07: no address of the host answers a lab: own gateway, other gateways, docker0, LAN, IPv4 and IPv6', async () => {
  const addresses = hostAddresses();
  expect(addresses.filter((a) => a.startsWith('10.216.'))).toHaveLength(2);
  const ports = [port, 22, 80, 111, 2375, 5432, 8000, INTERNAL];
  // But the hub's internal port, at the address of its own network only.
  expect(await reachedFrom(alice, addresses.flatMap((a) => ports.map((p) => [a, p] as const)))).toEqual([[await gatewayOf(alice), INTERNAL]]);
});

test('J04: the Docker socket is not in a lab', async () => {
  expect((await inLab(alice, 'sh', '-c', 'ls /var/run/docker.sock /run/docker.sock /run/containerd 2>/dev/null')).out).toBe('');
});

test('J05: cloud metadata addresses are unreachable', async () => {
  expect(await reachedFrom(alice, [['169.254.169.254', 80], ['100.100.100.200', 80], ['fd00:ec2::254', 80]])).toEqual([]);
});

test('J06: neither the internet nor its names nor a DNS tunnel is reachable', async () => {
  expect(await reachedFrom(alice, [['1.1.1.1', 443], ['8.8.8.8', 53], ['2606:4700:4700::1111', 443]])).toEqual([]);
  const asked = await pythonInLab(alice, `
import socket
for name in ("example.com", "x.attacker.test", "metadata.google.internal"):
    try: print(socket.getaddrinfo(name, 80))
    except OSError: pass
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(1)
try:
    s.sendto(b"\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\1x\\4test\\0\\0\\x10\\0\\1", ("8.8.8.8", 53)); print(s.recv(99))
except OSError: pass`);
  expect(asked).toBe('');
});

test('J22: there is no way round over IPv6, link-local addresses included', async () => {
  const local = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter((a) => a.address.startsWith('fe80:')).map((a) => `${a.address}%eth0`));
  expect(await reachedFrom(alice, local.map((a) => [a, port] as const))).toEqual([]);
  expect(await pythonInLab(alice, "print([l.split()[5] for l in open('/proc/net/if_inet6') if l.split()[5] != 'lo'] if __import__('os').path.exists('/proc/net/if_inet6') else [])")).toBe('[]');
});

test('no port is published, and the hub reaches the lab nevertheless', async () => {
  const found = await containerOf(bob).inspect();
  expect(Object.values(found.NetworkSettings.Ports).flat().filter(Boolean)).toEqual([]);
  expect(Object.keys(found.NetworkSettings.Networks)).toHaveLength(1);
  const text = await fetch(`http://${bobAddress}:8888/`).then((r) => r.text(), (err: unknown) => String((err as Error).cause));
  expect(text).toMatch(/hello|HTTP|Parse/i);
});

test('J01 J02 J03 J04 J05 J06 J07 J08 J09 J22: the probe says that labs are isolated here, and leaves nothing', async () => {
  const check = await test_.spawner.check();
  expect(check.checks.filter(({ ok, level }) => !ok && level === 'required')).toEqual([]);
  expect(check.checks.map(({ name, ok }) => [name, ok]).filter(([name]) => name !== 'versions')).toEqual(['engine', 'firewall', 'reach', 'neighbours', 'host', 'outside', 'privileges', 'hub'].map((name) => [name, true]));
  expect(check.ok).toBe(true);
  for (const row of check.checks) expect(row).toMatchObject({ level: row.name === 'versions' ? 'advice' : 'required', detail: expect.any(String), ms: expect.any(Number) });
  expect((await test_.spawner.list()).length).toBe(2);
});

describe('J23: rules that stop working', () => {
  // Opens the host to this suite's own range only.
  const rule = ['INPUT', '-s', '10.216.0.0/16', '-p', 'tcp', '-j', 'ACCEPT'];
  const iptables = (...args: string[]): string => execFileSync('iptables', ['-w', '5', ...args], { encoding: 'utf8' });
  const close = (): void => {
    while (iptables('-S', 'INPUT').includes('-A INPUT -s 10.216.0.0/16 -p tcp -j ACCEPT')) iptables('-D', ...rule);
  };
  /** Any hub on this machine repairs what it finds, so the opening is made again until it is seen. */
  const whileOpen = async (what: string, seen: () => Promise<boolean>): Promise<void> => {
    let tries = 0;
    await eventually(what, async () => {
      close();
      iptables('-I', rule[0] ?? '', '1', ...rule.slice(1));
      return (await seen()) || ++tries > 5;
    }, 40_000);
    expect(tries).toBeLessThanOrEqual(5);
  };
  afterAll(close);

  test('are noticed by the probe, found by the check, and repaired before the next server starts', async () => {
    const gateway = bobAddress.replace(/\d+$/, '1');
    await whileOpen('a lab reaches the host', async () => ((await reachedFrom(alice, [[gateway, port]])) as unknown[]).length === 1);
    const blind = test_.another({ firewall: 'off' });
    await whileOpen('the probe notices', async () => {
      const row = (await blind.check()).checks.find((r) => r.name === 'host');
      return row?.ok === false && row.detail.includes('this host at');
    });
    await whileOpen('the check finds it', async () => !(await createFirewall({ internalPort: test_.settings.internalPort }).check()).ok);

    await test_.spawner.start(requestFor('carol', { profile: sleeper() }), startOptions());
    expect(await createFirewall({ internalPort: test_.settings.internalPort }).check()).toMatchObject({ ok: true });
    expect(await reachedFrom(alice, [[gateway, port]])).toEqual([]);
  });
});

test('a hub that must have its rules and cannot set them starts nothing', async () => {
  const strict = createDockerSpawner({ ...test_.settings, isolation: 'require' }, { clock: systemClock, log: silentLog, firewall: createFirewall({ internalPort: null, uid: 1000 }) });
  await expect(strict.start(requestFor('dan', { profile: sleeper() }), startOptions())).rejects.toMatchObject({ code: 'unavailable' });
  const firewall = (await strict.check()).checks.find((row) => row.name === 'firewall');
  expect(firewall).toMatchObject({ ok: false, detail: expect.stringContaining('does not run as root') });
  await strict.close();
});
