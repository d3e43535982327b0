import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ContainerCreateOptions, ContainerInspectInfo } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import { LABEL, ROLE } from '../labels';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { confinement, limitsOf } from './container-spec';
import type { LabNetworks, MadeNetwork } from './network';
import { BRIDGE_PREFIX, INNER_BRIDGE_PREFIX, OPEN_BRIDGE_PREFIX } from './network';
import { LISTENER, PROBER } from './probe-scripts';
import type { Target } from './probe-targets';
import { COMMON_PORTS, INTERNET, METADATA, hostTargets } from './probe-targets';
import { reachable } from './reach';
import { removeContainer, runOnce } from './run-once';
import { startContainer } from './start-container';
import type { DockerSettings } from './settings';
import { addressesIn, parseRange } from './subnets';

export interface ProbeFindings {
  /** By row: what a lab reaches or may do although it must not, or does not reach although it must. In words. */
  readonly wrong: Readonly<Record<ProbeRow, readonly string[]>>;
  /** How long each took, in milliseconds; `reach`: until the first container could be dialled. */
  readonly ms: Readonly<Record<ProbeRow | 'reach', number>>;
}

export type ProbeRow = 'neighbours' | 'host' | 'outside' | 'privileges' | 'hub';

export interface ProbeDeps {
  readonly client: DockerClient;
  readonly settings: DockerSettings;
  readonly networks: LabNetworks;
  readonly image: string;
}

const PORT = 8888;
const USER = '1000:100';
const REACH_MS = 8_000;
/** Of labs' networks that are tried, besides the two of the probe. */
const SAMPLE = 12;
const LAB_BRIDGE = new RegExp(`^(?:${BRIDGE_PREFIX}|${OPEN_BRIDGE_PREFIX}|${INNER_BRIDGE_PREFIX})`);

interface Places {
  /** The neighbour's own address. */
  readonly neighbour: string;
  /** Where each of the two finds the hub; null: labs reach nothing of it. */
  readonly hubOfLab: string | null;
  readonly hubOfNeighbour: string | null;
}

/**
 * Two containers with a lab's settings, each on a network of its own: one listens, the other tries to reach it, this host, the metadata
 * address and the internet. Proves what the rules are for, on this machine, now. Leaves nothing. null: a container cannot be dialled from
 * here, so nothing was tried.
 */
export async function probeIsolation(deps: ProbeDeps): Promise<ProbeFindings | null> {
  const began = performance.now();
  const { client, networks, settings } = deps;
  await sweep(deps);
  const run = randomBytes(6).toString('hex');
  const keys = { neighbour: `probe-a-${run}`, lab: `probe-b-${run}` };
  const listeners: Server[] = [];
  try {
    const labels = { [LABEL.role]: ROLE.probe };
    const neighbourNetwork = await networks.create(keys.neighbour, labels);
    const labNetwork = await networks.create(keys.lab, labels);
    const name = `${settings.networkPrefix}probe-${run}`;
    const neighbour = await startListener(deps, `${name}-a`, neighbourNetwork.name);
    if (!(await reachable(neighbour, PORT, REACH_MS))) return null;
    const reach = performance.now() - began;
    const places = { neighbour, hubOfLab: hubIn(settings, labNetwork), hubOfNeighbour: hubIn(settings, neighbourNetwork) };
    const targets = await targetsOf(deps, places, listeners);
    const spec = probeSpec(deps, { name: `${name}-b`, network: labNetwork.name, script: PROBER, env: [`TARGETS=${JSON.stringify(targets.map(({ host, port, row }) => ({ host, port, row })))}`] });
    const found = findingsIn(await runOnce(client, spec, 'run the isolation probe'), targets);
    return { ...found, ms: { ...found.ms, reach } };
  } finally {
    for (const listener of listeners) listener.close();
    await sweep(deps);
  }
}

function hubIn(settings: DockerSettings, { subnet }: MadeNetwork): string | null {
  if (settings.internalPort === null) return null;
  const addresses = addressesIn(subnet);
  return (settings.hubContainer === null ? addresses?.gateway : addresses?.hubContainer) ?? null;
}

/** Opens what careless services would, and the hub's own door for each of the two labs, so that silence means something. */
async function targetsOf(deps: ProbeDeps, { neighbour, hubOfLab, hubOfNeighbour }: Places, listeners: Server[]): Promise<readonly Target[]> {
  const { settings } = deps;
  const door = (host: string | null): Promise<Server | null> => (host === null ? Promise.resolve(null) : listen(listeners, host, settings.internalPort ?? 0));
  const [own, other] = [await door(hubOfLab), await door(hubOfNeighbour)];
  const portOf = (server: Server): number => (server.address() as AddressInfo).port;
  const inward: Target[] = [];
  if (hubOfLab !== null && own !== null) inward.push({ host: hubOfLab, port: portOf(own), row: 'hub', is: 'the hub at its internal port', wanted: true });
  if (hubOfNeighbour !== null && other !== null) inward.push({ host: hubOfNeighbour, port: portOf(other), row: 'neighbours', is: 'the hub as a neighbour' });
  const listenedOn = settings.hubContainer === null ? [portOf(await listen(listeners))] : [];
  const ports = [...listenedOn, ...COMMON_PORTS];
  const except = hubOfLab === null || own === null ? null : { host: hubOfLab, port: portOf(own) };
  return [
    { host: neighbour, port: PORT, row: 'neighbours', is: 'a neighbour' },
    ...inward,
    ...hostTargets({ addresses: [...ownAddresses(deps, hubOfLab), ...(await gateways(deps))], ports, except, is: settings.hubContainer === null ? 'this host' : 'the host or the hub' }).map((target) => inside(hubOfLab, target)),
    ...METADATA,
    ...INTERNET,
  ];
}

/** At the hub's address on the lab's own network another port may be refused: by the kernel of the hub's container, or where another hub of this host opened its own. */
const inside = (hub: string | null, target: Target): Target => (target.host === hub ? { ...target, mayRefuse: true } : target);

/** Of this host, or of the container that the hub runs in. Those of labs' bridges are held by the same rules, so some of them stand for all. */
function ownAddresses({ settings }: ProbeDeps, hubOfLab: string | null): readonly string[] {
  const pool = parseRange(settings.networkPool);
  const inPool = (address: string): boolean => {
    const range = parseRange(`${address}/32`);
    return pool !== null && range !== null && range.first >= pool.first && range.last <= pool.last;
  };
  const found = Object.entries(networkInterfaces()).flatMap(([name, all]) => (all ?? []).filter((a) => !a.internal).map((a) => ({ ofLab: LAB_BRIDGE.test(name) || inPool(a.address), address: a.address })));
  return [...found.filter((a) => !a.ofLab), ...found.filter((a) => a.ofLab).slice(-SAMPLE)].map((a) => a.address).concat(hubOfLab ?? []);
}

/** Of the engine's networks: the host's addresses on them, which a hub in a container does not see on interfaces of its own. */
async function gateways({ client }: ProbeDeps): Promise<readonly string[]> {
  const all = await client.call({ what: 'list the networks', ms: DEADLINE.list, run: (d, abortSignal) => d.listNetworks({ abortSignal }) });
  const ofLabs = all.filter((n) => n.Labels?.[LABEL.instance] !== undefined);
  return [...all.filter((n) => !ofLabs.includes(n)), ...ofLabs.slice(0, SAMPLE)].flatMap((n) => (n.IPAM?.Config ?? []).map((c) => c.Gateway ?? '')).filter((address) => address !== '');
}

async function startListener(deps: ProbeDeps, name: string, network: string): Promise<string> {
  const { client } = deps;
  const spec = probeSpec(deps, { name, network, script: LISTENER, env: [] });
  await startContainer(client, spec, 'the isolation probe');
  const found: ContainerInspectInfo = await client.call({ what: 'look at the isolation probe', ms: DEADLINE.inspect, run: (d, abortSignal) => d.getContainer(name).inspect({ abortSignal }) });
  const address = found.NetworkSettings.Networks[network]?.IPAddress;
  if (!address) throw new HubError('unavailable', 'The isolation probe got no address: its container ended at once.');
  return address;
}

function probeSpec({ image, settings }: ProbeDeps, opts: { name: string; network: string; script: string; env: readonly string[] }): ContainerCreateOptions {
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
    HostConfig: { ...confinement(true, USER), ...limitsOf({ cpus: 1, memoryBytes: 256 * 1024 ** 2, pids: 256 }, { cpus: 1, memoryBytes: Infinity }), NetworkMode: opts.network, Init: true },
  };
}

interface Answer {
  readonly control?: boolean;
  readonly ms?: Readonly<Record<string, number>>;
  readonly dns?: readonly string[];
  readonly may?: readonly string[];
}

/** The prober first connects to itself: a script that finds nothing at all would prove nothing. */
export function findingsIn(text: string, targets: readonly Target[]): Pick<ProbeFindings, 'wrong'> & { readonly ms: Readonly<Record<ProbeRow, number>> } {
  const lines = text.split('\n');
  const { control, ms = {}, dns = [], may } = JSON.parse(lines.find((l) => l.startsWith('{')) ?? '{}') as Answer;
  const tried = lines.filter((l) => l.startsWith('tried ')).map((l) => l.slice('tried '.length).trim()).join('');
  if (control !== true || may === undefined || tried.length !== targets.length) throw new HubError('unavailable', 'The isolation probe did not work in this image.', { cause: new Error(text.slice(0, 500)) });
  const wrongIn = (row: Target['row']): readonly string[] => targets.filter((target, i) => target.row === row && isWrong(target, tried[i])).map(({ is, host, port }) => `${is} at ${host} port ${port}`);
  return {
    wrong: { neighbours: wrongIn('neighbours'), host: wrongIn('host'), outside: [...wrongIn('outside'), ...dns], privileges: may, hub: wrongIn('hub') },
    ms: { neighbours: 0, host: 0, outside: 0, privileges: 0, hub: 0, ...ms },
  };
}

/** `o`pen, `r`efused or `s`ilent. */
function isWrong({ wanted, mayRefuse }: Target, result: string | undefined): boolean {
  if (wanted === true) return result !== 'o';
  return result === 'o' || (result === 'r' && mayRefuse !== true);
}

/** What this and earlier probes left. */
async function sweep({ client, settings, networks }: ProbeDeps): Promise<void> {
  const label = [`${LABEL.instance}=${settings.instance}`, `${LABEL.role}=${ROLE.probe}`];
  const containers = await client.call({ what: 'list the probes', ms: DEADLINE.list, run: (d, abortSignal) => d.listContainers({ all: true, filters: { label }, abortSignal }) });
  for (const container of containers) await removeContainer(client, container.Id);
  for (const network of (await networks.list()).filter((n) => n.Labels?.[LABEL.role] === ROLE.probe)) await networks.drop(network);
}

/** Says nothing and takes nothing. Without a host on every address, as careless services do; without a port on a free one. */
function listen(listeners: Server[], host?: string, port = 0): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.destroy();
    });
    server.once('error', (err) => reject(new HubError('unavailable', `The hub's internal port ${port} cannot be opened at ${host}: something else uses it. Set another one (listen.internalPort).`, { cause: err })));
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      listeners.push(server);
      resolve(server);
    });
  });
}
