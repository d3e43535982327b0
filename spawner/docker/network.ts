import type { NetworkConnectOptions, NetworkInspectInfo } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { Outbound } from '../../hub/domain/profile';
import type { Labels } from '../labels';
import { LABEL } from '../labels';
import { digest } from '../naming';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { engineStatus, engineText, unlessMissing } from './engine-error';
import { lookAt } from './hub-container';
import type { DockerSettings } from './settings';
import type { Range } from './subnets';
import { addressesIn, freeSubnet, parseRange } from './subnets';

/** Interfaces of all lab networks, of every hub on a host, start with this: the firewall's rules say `nb+`. */
export const BRIDGE_PREFIX = 'nb';
/** Those of labs that may reach the internet. */
export const OPEN_BRIDGE_PREFIX = 'nx';
/** Those of a hub in a container: the host has no address on them, and rules of a hub on the same host must not come between. */
export const INNER_BRIDGE_PREFIX = 'ni';

export interface MadeNetwork {
  readonly name: string;
  /** Such as `10.213.0.16/28`. */
  readonly subnet: string;
}

export interface LabNetworks {
  /** Name of the network that belongs to `key`, made or not. */
  nameFor(key: string): string;
  /** Makes it, in place of what a crash may have left. `HubError('unavailable')` when the pool is exhausted. */
  create(key: string, labels: Labels, outbound?: Outbound): Promise<MadeNetwork>;
  /** Name of its interface on the host. */
  bridgeOf(key: string, outbound?: Outbound): string;
  /** For a hub in a container: attaches the hub's own container at `address`, where it is not yet. */
  attachHub(key: string, address: string): Promise<void>;
  /** Idempotent; refuses what is not ours. Detaches whatever is still on it. */
  remove(key: string): Promise<void>;
  /** The same for one that `list` showed. */
  drop(network: NetworkInspectInfo): Promise<void>;
  /** Ours only. */
  list(): Promise<readonly NetworkInspectInfo[]>;
  /** Of every hub on this engine: while one is left, the host needs its rules. */
  anyLeft(): Promise<boolean>;
}

const RETRIES = 32;

/** One internal bridge per server: no neighbour on it, no way out of it, and an address of its own out of the pool. */
export function createNetworks(client: DockerClient, settings: DockerSettings): LabNetworks {
  /** Chosen here, not yet known to the engine. */
  const reserved = new Set<string>();

  const nameFor = (key: string): string => `${settings.networkPrefix}${digest([settings.instance, key], 12)}`;

  const bridgeOf = (key: string, outbound: Outbound = 'none'): string => {
    const prefix = settings.hubContainer !== null ? INNER_BRIDGE_PREFIX : outbound === 'open' ? OPEN_BRIDGE_PREFIX : BRIDGE_PREFIX;
    return `${prefix}${digest([settings.instance, key], 10)}`;
  };

  async function create(key: string, labels: Labels, outbound: Outbound = 'none'): Promise<MadeNetwork> {
    await removeNetwork(nameFor(key));
    const refused: string[] = [];
    for (let i = 0; i < RETRIES; i++) {
      const subnet = await reserve(refused);
      try {
        await createOn({ key, subnet, outbound }, labels);
      } catch (err) {
        // Another hub, or somebody by hand, was quicker; or the host itself routes that range.
        if (!/overlap|already in use|conflicts with network/i.test(engineText(err)) || /with name/i.test(engineText(err))) throw err;
        refused.push(subnet);
        continue;
      } finally {
        reserved.delete(subnet);
      }
      if (settings.hubContainer !== null) await attachHub(key, addressesIn(subnet)?.hubContainer ?? '');
      return { name: nameFor(key), subnet };
    }
    throw exhausted();
  }

  async function reserve(refused: readonly string[]): Promise<string> {
    const pool = parseRange(settings.networkPool);
    if (pool === null) throw new HubError('invalid-input', `The network pool ${settings.networkPool} is not an IPv4 range.`);
    const used = await engineSubnets();
    // No await between choosing and reserving: two starts never choose the same.
    const taken = [...used, ...reserved, ...refused].map(parseRange).filter((r): r is Range => r !== null);
    const subnet = freeSubnet(pool, settings.subnetSize, taken);
    if (subnet === null) throw exhausted();
    reserved.add(subnet);
    return subnet;
  }

  async function engineSubnets(): Promise<readonly string[]> {
    const all = await client.call({ what: 'list the networks', ms: DEADLINE.list, run: (d, abortSignal) => d.listNetworks({ abortSignal }) });
    return all.flatMap((n) => (n.IPAM?.Config ?? []).map((c) => c.Subnet ?? ''));
  }

  async function createOn({ key, subnet, outbound }: { key: string; subnet: string; outbound: Outbound }, labels: Labels): Promise<void> {
    const gateway = addressesIn(subnet)?.gateway ?? '';
    await client.call({
      what: 'make the network',
      ms: DEADLINE.create,
      run: (d, abortSignal) =>
        d.createNetwork({
          Name: nameFor(key),
          CheckDuplicate: true,
          Driver: 'bridge',
          Internal: outbound === 'none',
          EnableIPv6: false,
          IPAM: { Driver: 'default', Config: [{ Subnet: subnet, Gateway: gateway }] },
          Options: { 'com.docker.network.bridge.name': bridgeOf(key, outbound), ...bridgeOptions(outbound) },
          Labels: { ...settings.extraLabels, [LABEL.instance]: settings.instance, ...labels },
          abortSignal,
        }),
    });
  }

  /** With the hub in a container, that one and the lab are the only two on it: they talk to each other, and the host has no part in it. */
  const bridgeOptions = (outbound: Outbound): Readonly<Record<string, string>> => ({
    'com.docker.network.bridge.enable_icc': String(settings.hubContainer !== null),
    ...(settings.hubContainer === null ? {} : { 'com.docker.network.bridge.inhibit_ipv4': 'true' }),
    ...(outbound === 'open' ? { 'com.docker.network.bridge.enable_ip_masquerade': 'true' } : {}),
  });

  async function attachHub(key: string, address: string): Promise<void> {
    const found = await lookAt(client, settings.hubContainer ?? '');
    if (found.NetworkSettings.Networks[nameFor(key)] !== undefined) return;
    const options: NetworkConnectOptions = { Container: found.Id, EndpointConfig: { IPAMConfig: { IPv4Address: address } } };
    await client.call({ what: 'attach the hub to the network of a server', ms: DEADLINE.create, run: (d, abortSignal) => d.getNetwork(nameFor(key)).connect({ ...options, abortSignal } as NetworkConnectOptions) });
  }

  /** By name or id; looked at again, because a list does not say who is on a network. */
  async function removeNetwork(name: string): Promise<void> {
    const found = await inspect(name);
    if (found === null) return;
    if (found.Labels?.[LABEL.instance] !== settings.instance) throw new HubError('conflict', `A network called ${found.Name} belongs to something else. An administrator has to rename or remove it.`);
    for (const container of Object.keys(found.Containers ?? {})) {
      await detach(found.Id, container);
    }
    await unlessMissing(client.call({ what: 'remove the network', ms: DEADLINE.remove, run: (d, abortSignal) => d.getNetwork(found.Id).remove({ abortSignal }) }), undefined);
  }

  /** One that ended meanwhile is detached already, whichever status the engine finds for that. */
  async function detach(network: string, container: string): Promise<void> {
    try {
      await client.call({ what: 'detach a container', ms: DEADLINE.remove, run: (d, abortSignal) => d.getNetwork(network).disconnect({ Container: container, Force: true, abortSignal }) });
    } catch (err) {
      if (engineStatus(err) === null) throw err;
    }
  }

  const inspect = (name: string): Promise<NetworkInspectInfo | null> => unlessMissing(client.call({ what: 'look at the network', ms: DEADLINE.inspect, run: (d) => d.getNetwork(name).inspect() as Promise<NetworkInspectInfo> }), null);

  const list = (): Promise<readonly NetworkInspectInfo[]> =>
    client.call({ what: 'list the networks', ms: DEADLINE.list, run: (d, abortSignal) => d.listNetworks({ filters: { label: [`${LABEL.instance}=${settings.instance}`] }, abortSignal }) });

  async function anyLeft(): Promise<boolean> {
    const labelled = await client.call({ what: 'list the networks', ms: DEADLINE.list, run: (d, abortSignal) => d.listNetworks({ filters: { label: [LABEL.instance] }, abortSignal }) });
    return labelled.length > 0;
  }

  const exhausted = (): HubError =>
    new HubError('unavailable', 'No network addresses are left for another server. Stop one and try again, or ask an administrator to enlarge the network pool.', { details: { pool: settings.networkPool }, retryAfterSeconds: 60 });

  return { nameFor, create, bridgeOf, attachHub, remove: (key) => removeNetwork(nameFor(key)), drop: (network) => removeNetwork(network.Id), list, anyLeft };
}
