import { fits, type Capacity, type Ceiling, type Need } from '../domain/capacity';
import { HubError } from '../domain/errors';
import type { ServerId, UserId } from '../domain/ids';
import type { OfferedProfile } from '../domain/profile';
import { isActive } from '../domain/server';
import type { Store } from '../store/store';

export interface RoomDeps {
  readonly store: Store;
  readonly profiles: readonly OfferedProfile[];
  readonly cap: number;
  /** Absent: nothing but the cap limits. */
  readonly capacity?: Capacity;
}

interface Ask {
  readonly owner: UserId;
  /** Not counted: it is the one that is asked about. */
  readonly server: ServerId;
  readonly need: Need;
}

/** Whether there is room for one server more. Everything is counted when it is asked, so ask in the transaction that claims (M12). */
export interface Room {
  needOf(slug: string | null): Need;
  /** Throws what waiting would not change: the user's own limit, and what is larger than the hub or a group of theirs ever has. */
  demandOwn(ask: Ask): void;
  /** What keeps it from starting now: the hub is full, a group of the owner is, or nothing (null). */
  obstacle(ask: Ask): 'hub' | 'group' | null;
}

export function createRoom({ store, profiles, cap, capacity }: RoomDeps): Room {
  const hub: Ceiling = { servers: cap, memory: capacity?.hub.memory ?? 0, cpus: capacity?.hub.cpus ?? 0 };
  const groups = capacity?.groups ?? new Map<string, Ceiling>();

  /** A profile may have left the configuration while its servers run on or wait. */
  const needOf = (slug: string | null): Need => {
    const limits = (profiles.find((profile) => profile.slug === slug) ?? profiles[0])?.limits;
    return { memory: limits?.memoryBytes ?? null, cpus: limits?.cpus ?? null };
  };

  const groupsOf = (owner: UserId): readonly string[] => (groups.size === 0 ? [] : store.groups.groupsOf(owner).map(({ name }) => name).filter((name) => groups.has(name)));

  function demandOwn({ owner, server, need }: Ask): void {
    const own = store.servers.listOf(owner).filter((record) => record.id !== server && isActive(record.state)).map(({ profile }) => needOf(profile));
    if (capacity !== undefined && !fits(capacity.user, own, need)) throw new HubError('conflict', ownLimit(capacity.user, own.length));
    const ceilings = [hub, ...groupsOf(owner).map((name) => groups.get(name))].filter((ceiling) => ceiling !== undefined);
    if (ceilings.some((ceiling) => !fits(ceiling, [], need))) throw new HubError('invalid-input', 'This profile takes more than there will ever be for your servers. Choose a smaller one, or ask an administrator.');
  }

  function obstacle({ owner, server, need }: Ask): 'hub' | 'group' | null {
    const held = store.queue.held().filter((one) => one.server !== server).map((one) => ({ owner: one.owner, need: one.need ?? needOf(one.profile) }));
    const full = groupsOf(owner).some((name) => {
      const ceiling = groups.get(name);
      return ceiling !== undefined && !fits(ceiling, held.filter((one) => groupsOf(one.owner).includes(name)).map((one) => one.need), need);
    });
    if (full) return 'group';
    return fits(hub, held.map((one) => one.need), need) ? null : 'hub';
  }

  return { needOf, demandOwn, obstacle };
}

const ownLimit = ({ servers }: Ceiling, own: number): string =>
  servers !== 0 && own >= servers
    ? `You may have ${servers === 1 ? 'one server' : `${servers} servers`} running or waiting at a time. Stop ${servers === 1 ? 'it' : 'one'} first.`
    : 'This server and those that you have take more together than you may have at a time. Stop one, or choose a smaller profile.';
