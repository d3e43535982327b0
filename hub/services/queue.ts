import { HubError } from '../domain/errors';
import type { ServerName, UserId } from '../domain/ids';
import type { ServerRecord, ServerState } from '../domain/server';
import type { StartAsk } from './contract';
import { newSecret, pickProfile } from './lab-request';
import type { Core } from './server-core';

export interface Queue {
  /** Claims a start, or a place in the line, in one transaction (M01, M12). Throws `conflict` while stopping. */
  claim(owner: UserId, name: ServerName, ask: StartAsk): { readonly record: ServerRecord; readonly claimed: boolean };
  /** Starts the oldest waiting ones while there is room and tells the others their position. Never throws. */
  pump(): void;
  /** While the engine is unreachable, the line waits. */
  hold(held: boolean): void;
}

export function createQueue(core: Core, launch: (record: ServerRecord) => void): Queue {
  const { store, cap, clock, log, profiles } = core.deps;
  let held = false;

  const hasRoom = (): boolean => cap <= 0 || store.servers.countActive() < cap;

  function claim(owner: UserId, name: ServerName, ask: StartAsk): { record: ServerRecord; claimed: boolean } {
    return store.transaction(() => {
      demandMayRun(owner);
      const before = store.servers.ensure(owner, name);
      const { kind } = before.state;
      if (kind === 'queued' || kind === 'starting' || kind === 'ready') return { record: before, claimed: false };
      if (kind === 'stopping') throw new HubError('conflict', 'This server is still stopping. Try again in a moment.', { retryAfterSeconds: 2 });
      const profile = pickProfile(profiles, ask.profile, before.profile);
      const change = { profile: profile.slug, secret: newSecret(), userOptions: ask.userOptions ?? before.userOptions };
      const record = core.move(before, place(), change);
      if (record === undefined) throw new HubError('conflict', 'This server is already changing state. Try again in a moment.', { retryAfterSeconds: 1 });
      return { record: ask.displayName === undefined ? record : store.servers.update(record.id, { displayName: ask.displayName }), claimed: true };
    });
  }

  function demandMayRun(owner: UserId): void {
    const user = store.users.byId(owner);
    if (user === undefined) throw new HubError('not-found', 'There is no such user.');
    if (user.status !== 'active') throw new HubError('forbidden', 'This account may not run servers.');
  }

  /** Nobody overtakes the line, and its order survives a restart and a clock that goes backwards: each comes after the last. */
  function place(): ServerState {
    const last = store.servers.queued().at(-1);
    if (last === undefined && hasRoom()) return { kind: 'starting', since: clock.now(), handle: null };
    return { kind: 'queued', since: new Date(Math.max(clock.now().getTime(), (last?.state.since?.getTime() ?? 0) + 1)) };
  }

  function pump(): void {
    if (held || core.closing.aborted) return;
    try {
      for (let next = take(); next !== undefined; next = take()) launch(next);
      store.servers.queued().forEach((record, i) => core.progress.stage(record.id, { kind: 'queued', at: clock.now(), position: i + 1 }));
    } catch (err) {
      log.error({ err }, 'waiting starts could not be looked at');
    }
  }

  const take = (): ServerRecord | undefined =>
    store.transaction(() => {
      const oldest = store.servers.queued()[0];
      return oldest !== undefined && hasRoom() ? core.move(oldest, { kind: 'starting', since: clock.now(), handle: null }) : undefined;
    });

  return { claim, pump, hold: (value) => void (held = value) };
}
