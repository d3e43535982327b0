import { LABEL } from '../labels';
import { Refused } from './bodies';

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
  network(nameOrId: string): Promise<string | null>;
  /** Volumes have no id: the name. `null`: there is none yet. */
  volume(name: string): Promise<string | null>;
  /** Rejects with `Refused` unless the folder is one that may be seen. */
  demandFolder(path: string): Promise<void>;
  /** Whether this is a volume the administrator gave away by name. */
  isGiven(volume: string): boolean;
}

type Labelled = { readonly Id?: string; readonly Name?: string; readonly Labels?: Record<string, string> | null; readonly Config?: { readonly Labels?: Record<string, string> | null } };

const labelOf = (found: Labelled): string | undefined => (found.Config?.Labels ?? found.Labels ?? {})[LABEL.instance];

interface Mounted {
  readonly Mounts?: readonly { readonly Type: string; readonly Source: string; readonly RW: boolean }[];
}

const within = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(`${outer.replace(/\/$/, '')}/`);

export function createOwnership(engine: Engine, allowed: Allowed, pin: Pin): Ownership {
  const mine = (found: Labelled): boolean => pin.get() !== null && labelOf(found) === pin.get();

  async function look(path: string, what: string): Promise<Labelled | null> {
    const found = (await engine.ask(path)) as Labelled | null;
    if (found !== null && typeof found !== 'object') throw new Refused(`the engine's answer about ${what} is not understood`);
    return found;
  }

  async function owned(path: string, what: string): Promise<string | null> {
    const found = await look(path, what);
    if (found === null) return null;
    if (!mine(found)) throw new Foreign(what, labelOf(found) !== undefined);
    return found.Id ?? found.Name ?? null;
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
    async container(nameOrId, { hubToo = false } = {}) {
      const found = await look(`/containers/${nameOrId}/json`, `the container ${nameOrId}`);
      if (found === null) return null;
      const isHub = hubToo && allowed.hub !== null && allowed.hub.every((label) => Object.entries(found.Config?.Labels ?? {}).some(([key, value]) => `${key}=${value}` === label));
      if (!isHub && !mine(found)) throw new Foreign(`the container ${nameOrId}`, labelOf(found) !== undefined);
      return found.Id ?? null;
    },
    network: (nameOrId) => owned(`/networks/${nameOrId}`, `the network ${nameOrId}`),
    async volume(name) {
      if (allowed.volumes.includes(name)) return (await look(`/volumes/${name}`, `the volume ${name}`)) === null ? null : name;
      return (await owned(`/volumes/${name}`, `the volume ${name}`)) === null ? null : name;
    },
    async demandFolder(path) {
      if (![...allowed.folders, ...(await foldersOfHub())].some((folder) => within(path, folder))) throw new Refused(`the folder ${path} is not one that servers may see`);
    },
    isGiven: (volume) => allowed.volumes.includes(volume),
  };
}
