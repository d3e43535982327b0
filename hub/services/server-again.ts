import { demand, notFound, type Actor, type Target } from '../domain/access';
import { HubError } from '../domain/errors';
import type { ServerName } from '../domain/ids';
import type { ServerRecord } from '../domain/server';
import { demandSize } from '../domain/size';
import type { User } from '../domain/user';
import type { Servers, StartAsk } from './contract';
import { newSecret, pickProfile, profilesOf } from './lab-request';
import type { Queue } from './queue';
import { demandTemplate, type Core } from './server-core';
import type { Starter } from './server-start';
import type { Stopper } from './server-stop';
import { notRunning } from './server-target';

type Claim = { readonly record: ServerRecord; readonly settled: Promise<void> };

interface Parts {
  readonly starter: Starter;
  readonly stopper: Stopper;
  readonly queue: Pick<Queue, 'exchange'>;
  readonly targetOf: (owner: User, name: ServerName) => Target;
  readonly audited: (actor: Actor, action: string, record: ServerRecord) => void;
}

/**
 * A running server once more. Restart: the same container, so its settings and disk stay. Recreate: a new container with the settings of
 * now and the same volumes. Neither gives up its place among the servers that may run.
 */
export function createAgain(core: Core, { starter, stopper, queue, targetOf, audited }: Parts): Pick<Servers, 'restart' | 'recreate'> {
  const { store, clock, gate, maintenance, spawner } = core.deps;

  function running(actor: Actor, owner: User, name: ServerName): ServerRecord {
    for (const scope of ['delete:servers', 'start:servers'] as const) demand(actor, scope, targetOf(owner, name));
    const record = store.servers.find(owner.id, name);
    if (record === undefined && name !== '') throw notFound();
    if (record?.state.kind !== 'ready') throw notRunning(owner, name);
    // What cannot be started now must not be ended for it.
    core.demandStaying();
    gate.demand();
    maintenance?.demand(actor);
    return record;
  }

  const claimed = (record: ServerRecord | undefined): ServerRecord => {
    if (record === undefined) throw new HubError('conflict', 'This server is already changing state. Try again in a moment.', { retryAfterSeconds: 1 });
    return record;
  };

  function restart(actor: Actor, owner: User, name: ServerName): Claim {
    const before = running(actor, owner, name);
    const { state } = before;
    // Where a process cannot be started a second time, a new one is the same thing.
    if (spawner.restart === undefined || state.kind !== 'ready') return recreate(actor, owner, name, {});
    const record = store.transaction(() => {
      const moved = claimed(core.move(before, { kind: 'starting', since: clock.now(), handle: state.handle }));
      audited(actor, 'server.restart', moved);
      return moved;
    });
    core.inUse(record);
    const settled = core.progress.begin(record.id);
    starter.restart(record, state.handle, core.removeRoute(record.id));
    return { record, settled };
  }

  function recreate(actor: Actor, owner: User, name: ServerName, ask: StartAsk): Claim {
    const before = running(actor, owner, name);
    const { state } = before;
    const chosen = pickProfile(profilesOf(core.deps, owner.id), ask.profile, before.profile);
    const profile = chosen.slug;
    if (ask.userOptions !== undefined) demandSize(chosen, ask.userOptions);
    const userOptions = ask.userOptions ?? before.userOptions;
    demandTemplate(core.deps, owner.id, ask);
    const record = store.transaction(() => {
      const moved = claimed(core.move(before, { kind: 'stopping', since: clock.now(), handle: state.kind === 'ready' ? state.handle : null, error: null }));
      queue.exchange(moved, profile, userOptions);
      audited(actor, 'server.recreate', moved);
      return moved;
    });
    core.inUse(record);
    const settled = core.progress.begin(record.id);
    core.progress.stage(record.id, { kind: 'ending', at: clock.now() });
    core.again.set(record.id, (ended) => {
      const next = core.move(ended, { kind: 'starting', since: clock.now(), handle: null }, { profile, secret: newSecret(), userOptions });
      return next === undefined ? undefined : () => starter.launch(next);
    });
    const outcome = () => ({ kind: 'stopped' as const, since: clock.now(), reason: null });
    void stopper.takeDown(record, { route: core.removeRoute(record.id), outcome, why: 'asked' });
    return { record, settled };
  }

  return { restart, recreate };
}
