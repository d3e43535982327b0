import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ContainerCreateOptions, ContainerInspectInfo } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import { LABEL, ROLE } from '../labels';
import { digest } from '../naming';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { confinement, limitsOf } from './container-spec';
import { unlessMissing } from './engine-error';
import type { LabNetworks } from './network';
import { BRIDGE_PREFIX } from './network';
import { LISTENER, PROBER } from './probe-scripts';
import { reachable } from './reach';
import { removeContainer, runOnce } from './run-once';
import { startContainer } from './start-container';
import type { DockerSettings } from './settings';

export interface ProbeResult {
  /** Whether this process can dial a container. */
  readonly reach: boolean;
  /** What a lab reaches or may do although it must not, in words; null: not tested, because `reach` is false. */
  readonly leaks: readonly string[] | null;
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly is: string;
}

interface Deps {
  readonly client: DockerClient;
  readonly settings: DockerSettings;
  readonly networks: LabNetworks;
  readonly image: string;
}

const PORT = 8888;
const USER = '1000:100';
const REACH_MS = 8_000;

/**
 * Two containers with a lab's settings, each on a network of its own: one listens, the other tries to reach it, this host, the metadata
 * address and the internet. Proves what the rules are for, on this machine, now. Leaves nothing.
 */
export async function probeIsolation(deps: Deps): Promise<ProbeResult> {
  const { client, networks, settings } = deps;
  await sweep(deps);
  const run = randomBytes(6).toString('hex');
  const keys = { neighbour: `probe-a-${run}`, lab: `probe-b-${run}` };
  const listener = await listen();
  try {
    const labels = { [LABEL.role]: ROLE.probe };
    const neighbourNetwork = await networks.create(keys.neighbour, labels);
    const labNetwork = await networks.create(keys.lab, labels);
    const name = `${settings.networkPrefix}probe-${run}`;
    const address = await startListener(deps, `${name}-a`, neighbourNetwork);
    if (!(await reachable(address, PORT, REACH_MS))) return { reach: false, leaks: null };
    const port = (listener.address() as AddressInfo).port;
    const targets = [{ host: address, port: PORT, is: 'a neighbour' }, ...hostTargets(port, `${BRIDGE_PREFIX}${digest([settings.instance, keys.lab], 10)}`), ...OUTSIDE];
    const spec = probeSpec(deps, { name: `${name}-b`, network: labNetwork, script: PROBER, env: [`TARGETS=${JSON.stringify(targets)}`] });
    const text = await runOnce(client, spec, 'run the isolation probe');
    return { reach: true, leaks: leaksIn(text, targets) };
  } finally {
    listener.close();
    await sweep(deps);
  }
}

const OUTSIDE: readonly Target[] = [
  { host: '169.254.169.254', port: 80, is: 'the metadata service' },
  { host: '100.100.100.200', port: 80, is: 'the metadata service' },
  { host: '1.1.1.1', port: 443, is: 'the internet' },
  { host: '8.8.8.8', port: 53, is: 'the internet' },
];

/** Every address of this host, those of lab bridges included; link-local ones are reached through the container's own interface. */
function hostTargets(port: number, bridge: string): readonly Target[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? [])
      .filter((a) => !a.internal && (!a.address.startsWith('fe80:') || name === bridge))
      .map((a) => ({ host: a.address.startsWith('fe80:') ? `${a.address}%eth0` : a.address, port, is: 'this host' })),
  );
}

async function startListener(deps: Deps, name: string, network: string): Promise<string> {
  const { client } = deps;
  const spec = probeSpec(deps, { name, network, script: LISTENER, env: [] });
  await startContainer(client, spec, 'the isolation probe');
  const found: ContainerInspectInfo = await client.call({ what: 'look at the isolation probe', ms: DEADLINE.inspect, run: (d, abortSignal) => d.getContainer(name).inspect({ abortSignal }) });
  const address = found.NetworkSettings.Networks[network]?.IPAddress;
  if (!address) throw new HubError('unavailable', 'The isolation probe got no address: its container ended at once.');
  return address;
}

function probeSpec({ image, settings }: Deps, opts: { name: string; network: string; script: string; env: readonly string[] }): ContainerCreateOptions {
  return {
    name: opts.name,
    Image: image,
    Hostname: 'lab',
    User: USER,
    WorkingDir: '/',
    Entrypoint: ['python3', '-c', opts.script],
    Cmd: [],
    Env: [...opts.env],
    Labels: { ...settings.extraLabels, [LABEL.instance]: settings.instance, [LABEL.role]: ROLE.probe },
    HostConfig: { ...confinement(true, USER), ...limitsOf({ cpus: 1, memoryBytes: 256 * 1024 ** 2, pids: 128 }, { cpus: 1, memoryBytes: Infinity }), NetworkMode: opts.network, Init: true },
  };
}

/** The prober first connects to itself: a script that finds nothing at all would prove nothing. */
function leaksIn(text: string, targets: readonly Target[]): readonly string[] {
  const line = text.split('\n').find((l) => l.startsWith('{')) ?? '{}';
  const found = JSON.parse(line) as { control?: boolean; open?: readonly number[]; may?: readonly string[] };
  if (found.control !== true || found.open === undefined) throw new HubError('unavailable', 'The isolation probe did not work in this image.', { cause: new Error(text.slice(0, 500)) });
  return [...found.open.map((i) => `${targets[i]?.is} at ${targets[i]?.host}`), ...(found.may ?? [])];
}

/** What this and earlier probes left. */
async function sweep({ client, settings, networks }: Deps): Promise<void> {
  const label = [`${LABEL.instance}=${settings.instance}`, `${LABEL.role}=${ROLE.probe}`];
  const containers = await client.call({ what: 'list the probes', ms: DEADLINE.list, run: (d, abortSignal) => d.listContainers({ all: true, filters: { label }, abortSignal }) });
  for (const container of containers) await removeContainer(client, container.Id);
  const probes = (await networks.list()).filter((n) => n.Labels?.[LABEL.role] === ROLE.probe);
  for (const network of probes) await unlessMissing(client.call({ what: 'remove the network', ms: DEADLINE.remove, run: (d, abortSignal) => d.getNetwork(network.Id).remove({ abortSignal }) }), undefined);
}

/** On every address, as careless services of a host do; says nothing and takes nothing. */
function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.destroy();
    });
    server.once('error', reject);
    server.listen(0, () => resolve(server));
  });
}
