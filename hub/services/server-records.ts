import { demand, notFound, type Actor, type Target } from '../domain/access';
import { HubError } from '../domain/errors';
import { DEFAULT_SERVER, type ServerName } from '../domain/ids';
import { isActive, type ServerRecord } from '../domain/server';
import type { User } from '../domain/user';
import type { Servers, ServerChange } from './contract';
import { pickProfile, profilesOf } from './lab-request';
import type { ServersDeps } from './server-core';
import { auditTarget, labelOf } from './server-target';

type Verbs = Pick<Servers, 'create' | 'change' | 'remove'>;

export interface RecordsDeps extends Pick<ServersDeps, 'store' | 'profiles' | 'policies' | 'audit' | 'namedLimit' | 'renamed'> {
  readonly targetOf: (owner: User, name: ServerName) => Target;
  readonly stop: Servers['stop'];
}

export interface ServerRecords extends Verbs {
  /** Throws `invalid-input` when one more named server would be too many. One that exists is none more. */
  demandRoom(owner: User, name: ServerName): void;
}

/** Named servers as things that exist without running: made, changed and forgotten (protocol, 3.7 and 5.5). */
export function createServerRecords({ store, profiles, policies, audit, namedLimit, renamed, targetOf, stop }: RecordsDeps): ServerRecords {
  const demandRoom = (owner: User, name: ServerName): void => {
    const limit = namedLimit?.() ?? 0;
    if (limit === 0 || name === DEFAULT_SERVER || store.servers.find(owner.id, name) !== undefined) return;
    const named = store.servers.listOf(owner.id).filter((record) => record.name !== DEFAULT_SERVER).length;
    // Two spaces: the text is JupyterHub's, to the letter.
    if (named >= limit) throw new HubError('invalid-input', `User ${owner.name} already has the maximum of ${limit} named servers.  One must be deleted before a new server can be created`);
  };

  const write = (record: ServerRecord, { name, displayName, profile }: ServerChange): ServerRecord =>
    store.servers.update(record.id, {
      ...(name === undefined ? {} : { name }),
      ...(displayName === undefined ? {} : { displayName }),
      ...(profile === undefined ? {} : { profile: pickProfile(profilesOf({ profiles, ...(policies === undefined ? {} : { policies }) }, record.owner), profile, null).slug, userOptions: { profile } }),
    });

  /** Once it is stopped, unless it was started again meanwhile: then it is wanted. */
  const forget = (actor: Actor, owner: User, name: ServerName): void => {
    store.transaction(() => {
      const now = store.servers.find(owner.id, name);
      if (now === undefined || isActive(now.state)) return;
      store.servers.remove(now.id);
      audit.record(actor, 'server.remove', auditTarget(owner, name), { detail: { server: now.id } });
    });
    renamed();
  };

  return {
    demandRoom,
    create(actor, owner, name, ask) {
      demand(actor, 'start:servers', targetOf(owner, name));
      return store.transaction(() => {
        if (name === DEFAULT_SERVER || store.servers.find(owner.id, name) !== undefined) throw new HubError('conflict', `${owner.name} already has a server named '${name}'`);
        demandRoom(owner, name);
        const made = write(store.servers.ensure(owner.id, name), ask);
        audit.record(actor, 'server.create', auditTarget(owner, name), { detail: { server: made.id } });
        return made;
      });
    },
    change(actor, owner, name, ask) {
      demand(actor, 'start:servers', targetOf(owner, name));
      const changed = store.transaction(() => {
        const before = name === DEFAULT_SERVER ? store.servers.ensure(owner.id, name) : store.servers.find(owner.id, name);
        if (before === undefined) throw notFound();
        if (isActive(before.state)) throw new HubError('invalid-input', `${labelOf(owner, name)} is running: stop it first`);
        if (ask.name !== undefined && ask.name !== name) {
          if (name === DEFAULT_SERVER || ask.name === DEFAULT_SERVER) throw new HubError('invalid-input', 'The default server has no name to change');
          // Whoever may not start a server of that name may not give the name either.
          demand(actor, 'start:servers', targetOf(owner, ask.name));
          if (store.servers.find(owner.id, ask.name) !== undefined) throw new HubError('conflict', `${owner.name} already has a server named '${ask.name}'`);
        }
        const after = write(before, ask);
        audit.record(actor, 'server.change', auditTarget(owner, name), { detail: { server: before.id, keys: Object.keys(ask), ...(ask.name === undefined ? {} : { to: ask.name }) } });
        return after;
      });
      if (changed.name !== name) renamed();
      return changed;
    },
    remove(actor, owner, name) {
      demand(actor, 'delete:servers', targetOf(owner, name));
      if (name === DEFAULT_SERVER) throw new HubError('invalid-input', 'Cannot delete the default server');
      const { settled } = stop(actor, owner, name);
      return { settled: settled.then(() => forget(actor, owner, name)) };
    },
  };
}
