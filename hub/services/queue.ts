import { HubError } from '../domain/errors';
import { turnAfter, turnOf } from '../domain/fair-order';
import type { ServerId, ServerName, UserId } from '../domain/ids';
import type { ServerRecord, ServerState } from '../domain/server';
import { waitingTime, type Running } from '../domain/waiting-time';
import { demandSize, isSameSize } from '../domain/size';
import { withoutTemplate } from '../domain/template';
import type { StartAsk } from './contract';
import { newSecret, pickProfile, profilesOf } from './lab-request';
import { createRoom } from './room';
import type { Core } from './server-core';

export interface Claim {
  readonly record: ServerRecord;
  readonly claimed: boolean;
}

/** Somebody in the line. */
export interface Placed {
  readonly record: ServerRecord;
  /** 1: the next one. */
  readonly position: number;
  /** Milliseconds; null: nobody can say. */
  readonly waitMs: number | null;
  readonly jumped: boolean;
}

export interface Queue {
  /** Claims a start, or a place in the line, in one transaction (M01, M12). Throws `conflict` while stopping and beyond the owner's own limit. `ahead`: waits for nobody but the room. */
  claim(owner: UserId, name: ServerName, ask: StartAsk & { readonly ahead?: boolean }): Claim;
  /** In the transaction that makes a running server one of another profile: throws `conflict` where that does not fit. */
  exchange(record: ServerRecord, profile: string, options: ServerRecord['userOptions']): void;
  /** In front of the line. False: it is there already. */
  jump(id: ServerId): boolean;
  line(): readonly Placed[];
  /** Starts the first ones of the line while there is room and tells the others their position. Never throws. */
  pump(): void;
  /** While the engine is unreachable, the line waits. */
  hold(held: boolean): void;
}

/** A start that failed is tried again as it was asked for; else a template was for that one start. */
const optionsAgain = ({ state, userOptions }: ServerRecord): ServerRecord['userOptions'] => (state.kind === 'failed' ? userOptions : withoutTemplate(userOptions));

/** Where the hub's present turn is kept, so that the fair order survives a restart. */
const TURN_KEY = 'queue.turn';
/** Estimates change with time alone. */
const RETELL_MS = 60_000;

export function createQueue(core: Core, launch: (record: ServerRecord) => void): Queue {
  const { store, clock, log, weights = new Map<string, number>() } = core.deps;
  const room = createRoom(core.deps);
  let held = false;
  let retelling = false;

  function claim(owner: UserId, name: ServerName, ask: StartAsk & { readonly ahead?: boolean }): Claim {
    return store.transaction(() => {
      demandMayRun(owner);
      const before = store.servers.ensure(owner, name);
      const { kind } = before.state;
      if (kind === 'queued' || kind === 'starting' || kind === 'ready') return { record: before, claimed: false };
      if (kind === 'stopping') throw new HubError('conflict', 'This server is still stopping. Try again in a moment.', { retryAfterSeconds: 2 });
      const profile = pickProfile(profilesOf(core.deps, owner), ask.profile, before.profile);
      const change = { profile: profile.slug, secret: newSecret(), userOptions: ask.userOptions ?? optionsAgain(before) };
      if (ask.userOptions !== undefined) demandSize(profile, ask.userOptions);
      const record = enter(before, change, ask.ahead === true);
      if (record === undefined) throw new HubError('conflict', 'This server is already changing state. Try again in a moment.', { retryAfterSeconds: 1 });
      return { record: ask.displayName === undefined ? record : store.servers.update(record.id, { displayName: ask.displayName }), claimed: true };
    });
  }

  function demandMayRun(owner: UserId): void {
    const user = store.users.byId(owner);
    if (user === undefined) throw new HubError('not-found', 'There is no such user.');
    if (user.status !== 'active') throw new HubError('forbidden', 'This account may not run servers.');
  }

  /** Nobody overtakes whoever could start when there is room: only those who wait for their own group are passed by. */
  function enter(before: ServerRecord, change: { readonly profile: string; readonly secret: string; readonly userOptions: ServerRecord['userOptions'] }, ahead: boolean): ServerRecord | undefined {
    const ask = { owner: before.owner, server: before.id, need: room.needOf(change.profile, before.owner, change.userOptions) };
    room.demandOwn(ask);
    const line = store.queue.waiting();
    const free = ahead || line.every((one) => room.obstacle({ ...one, need: room.needOf(one.profile, one.owner, one.options) }) === 'group');
    if (free && room.obstacle(ask) === null) return letIn(before, change);
    const last = Math.max(0, ...store.servers.queued().map(({ state }) => state.since?.getTime() ?? 0));
    const state: ServerState = { kind: 'queued', since: new Date(Math.max(clock.now().getTime(), last + 1)) };
    const record = core.move(before, state, change);
    if (record !== undefined) store.queue.enter(record.id, turnOf(line, turn(), { owner: record.owner, weight: weightOf(record.owner) }));
    if (record !== undefined && ahead) store.queue.jump(record.id);
    return record;
  }

  function letIn(before: ServerRecord, change: { readonly profile?: string; readonly secret?: string } = {}): ServerRecord | undefined {
    const record = core.move(before, { kind: 'starting', since: clock.now(), handle: null }, change);
    if (record !== undefined) store.queue.hold(record.id, room.needOf(record.profile, record.owner, record.userOptions));
    return record;
  }

  function exchange(record: ServerRecord, profile: string, options: ServerRecord['userOptions']): void {
    const ask = { owner: record.owner, server: record.id, need: room.needOf(profile, record.owner, options) };
    if (profile === record.profile && isSameSize(options, record.userOptions)) return;
    room.demandOwn(ask);
    if (room.obstacle(ask) !== null) throw new HubError('conflict', 'There is no room for this profile now. Stop the server and start it with the profile: then it waits in line.');
    store.queue.hold(record.id, ask.need);
  }

  const turn = (): number => Number(store.meta.get(TURN_KEY) ?? 0);
  const weightOf = (owner: UserId): number => (weights.size === 0 ? 1 : Math.max(1, ...store.groups.groupsOf(owner).map(({ name }) => weights.get(name) ?? 1)));

  function take(): ServerRecord | undefined {
    return store.transaction(() => {
      for (const next of store.queue.waiting()) {
        const obstacle = room.obstacle({ ...next, need: room.needOf(next.profile, next.owner, next.options) });
        // Whoever needs much is not passed by: else small ones would keep it waiting for ever.
        if (obstacle === 'hub') return undefined;
        const before = obstacle === null ? store.servers.byId(next.server) : undefined;
        const record = before === undefined ? undefined : letIn(before);
        if (record === undefined) continue;
        store.meta.set(TURN_KEY, String(turnAfter(turn(), next)));
        return record;
      }
      return undefined;
    });
  }

  function pump(): void {
    if (held || core.isLeaving()) return;
    try {
      const on = core.deps.maintenance?.isClosed() !== true;
      for (let next = on ? take() : undefined; next !== undefined; next = take()) launch(next);
      const waiting = line();
      for (const { record, position, waitMs } of waiting) core.progress.stage(record.id, { kind: 'queued', at: clock.now(), position, waitMs });
      if (waiting.length > 0) retell();
    } catch (err) {
      log.error({ err }, 'waiting starts could not be looked at');
    }
  }

  function retell(): void {
    if (retelling) return;
    retelling = true;
    core.later(RETELL_MS, () => {
      retelling = false;
      pump();
    });
  }

  function line(): readonly Placed[] {
    const records = store.servers.queued();
    if (records.length === 0) return [];
    const jumped = new Set(store.queue.waiting().filter((one) => one.jumped).map(({ server }) => server));
    const [now, spans] = [running(), store.queue.spans()];
    return records.map((record, i) => ({ record, position: i + 1, waitMs: waitingTime(i + 1, now, spans), jumped: jumped.has(record.id) }));
  }

  function running(): Running {
    const states = store.servers.active().map(({ state }) => state).filter(({ kind }) => kind !== 'queued');
    const ages = states.filter(({ kind }) => kind !== 'stopping').map(({ kind, since }) => (kind === 'ready' && since !== null ? clock.now().getTime() - since.getTime() : 0));
    return { ages, ending: states.length - ages.length };
  }

  return { claim, exchange, jump: store.queue.jump, line, pump, hold: (value) => void (held = value) };
}
