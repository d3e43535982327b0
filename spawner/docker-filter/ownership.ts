import { BlockList } from 'node:net';
import { LABEL } from '../labels';
import { isName, Refused } from './bodies';

export interface Engine {
  /** One question; null: there is no such thing. Rejects when the engine cannot answer. */
  ask(path: string): Promise<unknown>;
}

export interface Allowed {
  /**
   * Labels (`key=value`, all of them) of the hub's own container: it may be looked at and join the hub's networks, and what it sees
   * read-only of the host, servers may see too. null: the hub runs on the host.
   */
  readonly hub: readonly string[] | null;
  /** Further folders of the host that may be seen read-only, they and what is in them. */
  readonly folders: readonly string[];
  /** Volumes without the hub's label that may be mounted all the same, e.g. a shared one that the administrator made. */
  readonly volumes: readonly string[];
  /** IPv4 ranges that networks may be cut from: any other could take the host's way to somebody's address. */
  readonly pools: readonly string[];
}

/** Somebody else's thing. A hub that looks for a free name has to know that there is one, and whether it is a hub's; nothing more. */
export class Foreign extends Refused {
  constructor(what: string, readonly hubs: boolean) {
    super(`${what} is not the hub's`);
  }
}

/** Remembers which hub this is for: the first one that says so, kept where the hub cannot write. */
export interface Pin {
  get(): string | null;
  set(instance: string): void;
}

export interface Ownership {
  /** Throws `Refused` for another instance than the one it serves; the first to come is the one. */
  demandInstance(instance: string): void;
  /** Full id of a container of this hub. `hubToo`: its own container counts. Throws `Refused`; null: there is none. */
  container(nameOrId: string, opts?: { readonly hubToo?: boolean }): Promise<string | null>;
  /** As `container`, for one that is about to run: also refused unless every network that it names is the hub's now. */
  startable(nameOrId: string): Promise<string | null>;
  network(nameOrId: string): Promise<string | null>;
  /** Volumes have no id: the name. `null`: there is none yet. */
  volume(name: string): Promise<string | null>;
  /** Rejects with `Refused` unless the folder is one that may be seen. */
  demandFolder(path: string): Promise<void>;
  /** Throws `Refused` unless the range is part of a pool. */
  demandRange(subnet: string): void;
  hasImage(image: string): Promise<boolean>;
  /** Whether this is a volume the administrator gave away by name. */
  isGiven(volume: string): boolean;
}

type Labelled = { readonly Id?: string; readonly Name?: string; readonly Labels?: Record<string, string> | null; readonly Config?: { readonly Labels?: Record<string, string> | null } };

const labelOf = (found: Labelled): string | undefined => (found.Config?.Labels ?? found.Labels ?? {})[LABEL.instance];

type Kind = 'container' | 'network' | 'volume';
const foreign = (kind: Kind, name: string, found: Labelled): Foreign => new Foreign(`the ${kind} ${name}`, labelOf(found) !== undefined);

interface Attached {
  readonly HostConfig?: { readonly NetworkMode?: string };
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, { readonly NetworkID?: string } | null>> | null };
}

/** What the engine will look up when the container starts: for a network that it was on before, the id. */
function networksOf({ HostConfig, NetworkSettings }: Attached): readonly string[] {
  const joined = Object.entries(NetworkSettings?.Networks ?? {});
  const mode = HostConfig?.NetworkMode ?? '';
  const all = [...(joined.some(([name]) => name === mode) ? [] : [mode]), ...joined.map(([name, at]) => (name === 'none' ? name : at?.NetworkID || name))];
  return all.filter((network) => network !== 'none');
}

interface Mounted {
  readonly Mounts?: readonly { readonly Type: string; readonly Source: string; readonly RW: boolean }[];
}

const within = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(`${outer.replace(/\/$/, '')}/`);

const bears = (found: Labelled, labels: readonly string[] | null): boolean =>
  labels !== null && labels.every((label) => Object.entries(found.Config?.Labels ?? {}).some(([key, value]) => `${key}=${value}` === label));

function isPartOf(subnet: string, pool: string): boolean {
  const [address = '', bits] = subnet.split('/');
  const [first = '', fewest] = pool.split('/');
  const list = new BlockList();
  list.addSubnet(first, Number(fewest));
  return Number(bits) >= Number(fewest) && list.check(address);
}

export function createOwnership(engine: Engine, allowed: Allowed, pin: Pin): Ownership {
  const mine = (found: Labelled): boolean => pin.get() !== null && labelOf(found) === pin.get();

  async function look(kind: Kind, name: string): Promise<Labelled | null> {
    // What comes in a body or a query has not been held against a pattern yet, and goes into a path.
    if (!isName(name)) throw new Refused(`${name.slice(0, 64)} is not the name of a ${kind}`);
    const found = (await engine.ask(`/${kind}s/${name}${kind === 'container' ? '/json' : ''}`)) as Labelled | null;
    if (typeof found !== 'object') throw new Refused(`the engine's answer about the ${kind} ${name} is not understood`);
    return found;
  }

  async function owned(kind: 'network' | 'volume', name: string): Promise<string | null> {
    const found = await look(kind, name);
    if (found !== null && !mine(found)) throw foreign(kind, name, found);
    return found?.Id ?? found?.Name ?? null;
  }

  async function ownContainer(name: string, hubToo: boolean): Promise<(Labelled & Attached) | null> {
    const found = await look('container', name);
    if (found !== null && !(hubToo && bears(found, allowed.hub)) && !mine(found)) throw foreign('container', name, found);
    return found;
  }

  /** Asked each time: a hub that was made anew may see other folders. It cannot change its own. */
  async function foldersOfHub(): Promise<readonly string[]> {
    if (allowed.hub === null) return [];
    const hubs = (await engine.ask(`/containers/json?filters=${encodeURIComponent(JSON.stringify({ label: allowed.hub }))}`)) as readonly Mounted[];
    return hubs.flatMap((hub) => (hub.Mounts ?? []).filter((mount) => mount.Type === 'bind' && !mount.RW).map((mount) => mount.Source));
  }

  return {
    demandInstance(instance) {
      if (pin.get() === null) pin.set(instance);
      if (pin.get() !== instance) throw new Refused('it belongs to another hub');
    },
    container: async (nameOrId, { hubToo = false } = {}) => (await ownContainer(nameOrId, hubToo))?.Id ?? null,
    async startable(nameOrId) {
      const found = await ownContainer(nameOrId, false);
      for (const network of found === null ? [] : networksOf(found)) {
        if ((await owned('network', network)) === null) throw new Refused(`there is no network ${network} any more`);
      }
      return found?.Id ?? null;
    },
    network: (nameOrId) => owned('network', nameOrId),
    async volume(name) {
      return (await (allowed.volumes.includes(name) ? look('volume', name) : owned('volume', name))) === null ? null : name;
    },
    async demandFolder(path) {
      if (![...allowed.folders, ...(await foldersOfHub())].some((folder) => within(path, folder))) throw new Refused(`the folder ${path} is not one that servers may see`);
    },
    demandRange(subnet) {
      if (!allowed.pools.some((pool) => isPartOf(subnet, pool))) throw new Refused(`the range ${subnet} is not part of ${allowed.pools.join(', ')}`);
    },
    hasImage: async (image) => (await engine.ask(`/images/${image}/json`)) !== null,
    isGiven: (volume) => allowed.volumes.includes(volume),
  };
}
