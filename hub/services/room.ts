import { fits, leftOf, UNLIMITED, type Capacity, type Ceiling, type Need } from '../domain/capacity';
import { HubError } from '../domain/errors';
import type { ServerId, UserId } from '../domain/ids';
import { governed } from '../domain/policy';
import type { OfferedProfile } from '../domain/profile';
import { isActive, type ServerRecord } from '../domain/server';
import { sized } from '../domain/size';
import type { Store } from '../store/store';
import type { PolicyBook } from './policy-book';

export interface RoomDeps {
  readonly store: Store;
  readonly profiles: readonly OfferedProfile[];
  /** This and `capacity` are read when they are asked about: they change while the hub runs. */
  readonly cap: number;
  /** Absent: nothing but the cap limits. */
  readonly capacity?: Capacity;
  /** Absent: every profile is as it is offered, for everybody. */
  readonly policies?: Pick<PolicyBook, 'of' | 'ensureBuiltIn' | 'started'>;
}

interface Ask {
  readonly owner: UserId;
  /** Not counted: it is the one that is asked about. */
  readonly server: ServerId;
  readonly need: Need;
}

/** Whether there is room for one server more. Everything is counted when it is asked, so ask in the transaction that claims (M12). */
export interface Room {
  /** Of a profile as the owner's groups have it, in the size that the start asks for. */
  needOf(slug: string | null, owner: UserId, options: ServerRecord['userOptions']): Need;
  /** Throws what waiting would not change: the user's own limit, and what is larger than the hub or a group of theirs ever has. */
  demandOwn(ask: Ask): void;
  /** What keeps it from starting now: the hub is full, a group of the owner is, or nothing (null). */
  obstacle(ask: Ask): 'hub' | 'group' | null;
  /** Of what the hub gives to all servers together. */
  left(): ReturnType<typeof leftOf>;
}

export function createRoom(deps: RoomDeps): Room {
  const { store, profiles, policies } = deps;
  const hubNow = (): Ceiling => ({ servers: deps.cap, memory: deps.capacity?.hub.memory ?? 0, cpus: deps.capacity?.hub.cpus ?? 0 });
  const groups = deps.capacity?.groups ?? new Map<string, Ceiling>();

  /** A profile may have left the configuration while its servers run on or wait. */
  const needOf: Room['needOf'] = (slug, owner, options) => {
    const policy = policies?.of(owner);
    const offered = profiles.find((profile) => profile.slug === slug) ?? profiles[0];
    const limits = offered === undefined ? undefined : sized(policy === undefined ? offered : governed(offered, policy), options).limits;
    return { memory: limits?.memoryBytes ?? null, cpus: limits?.cpus ?? null };
  };

  const groupsOf = (owner: UserId): readonly string[] => (groups.size === 0 ? [] : store.groups.groupsOf(owner).map(({ name }) => name).filter((name) => groups.has(name)));

  function demandOwn({ owner, server, need }: Ask): void {
    const own = store.servers.listOf(owner).filter((record) => record.id !== server && isActive(record.state)).map(({ profile, userOptions }) => needOf(profile, owner, userOptions));
    const most: Ceiling = { ...(deps.capacity?.user ?? UNLIMITED), ...(policies === undefined ? {} : { servers: policies.of(owner).servers.value }) };
    if (!fits(most, own, need)) throw new HubError('conflict', ownLimit(most, own.length));
    const ceilings = [hubNow(), ...groupsOf(owner).map((name) => groups.get(name))].filter((ceiling) => ceiling !== undefined);
    if (ceilings.some((ceiling) => !fits(ceiling, [], need))) throw new HubError('invalid-input', 'This profile takes more than there will ever be for your servers. Choose a smaller one, or ask an administrator.');
  }

  const heldNow = () => store.queue.held().map(({ server, owner, profile, need }) => ({ server, owner, need: need ?? needOf(profile, owner, null) }));

  /** Where only servers are counted it is enough to count them; what a thousand take is 3 ms of reading. */
  const needsHeld = ({ memory, cpus }: Ceiling): readonly Need[] =>
    memory === 0 && cpus === 0 ? Array.from({ length: store.servers.countActive() }, () => ({ memory: null, cpus: null })) : heldNow().map(({ need }) => need);

  function obstacle({ owner, server, need }: Ask): 'hub' | 'group' | null {
    const held = heldNow().filter((one) => one.server !== server);
    const full = groupsOf(owner).some((name) => {
      const ceiling = groups.get(name);
      return ceiling !== undefined && !fits(ceiling, held.filter((one) => groupsOf(one.owner).includes(name)).map((one) => one.need), need);
    });
    if (full) return 'group';
    return fits(hubNow(), held.map((one) => one.need), need) ? null : 'hub';
  }

  return { needOf, demandOwn, obstacle, left: () => leftOf(hubNow(), needsHeld(hubNow())) };
}

const ownLimit = ({ servers }: Ceiling, own: number): string =>
  servers !== 0 && own >= servers
    ? `You may have ${servers === 1 ? 'one server' : `${servers} servers`} running or waiting at a time. Stop ${servers === 1 ? 'it' : 'one'} first.`
    : 'This server and those that you have take more together than you may have at a time. Stop one, or choose a smaller profile.';
