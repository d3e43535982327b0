import { can, demand, notFound, type Actor, type Target } from '../domain/access';
import { HubError } from '../domain/errors';
import type { ServerName } from '../domain/ids';
import type { ServerRecord } from '../domain/server';
import type { User } from '../domain/user';
import type { InLine, Servers } from './contract';
import type { Placed, Queue } from './queue';
import type { Core } from './server-core';

interface Parts {
  readonly queue: Queue;
  readonly targetOf: (owner: User, name: ServerName) => Target;
  readonly audited: (actor: Actor, action: string, record: ServerRecord) => void;
}

/** The line, as people see it. */
export function createQueueVerbs({ deps }: Core, { queue, targetOf, audited }: Parts): Pick<Servers, 'line' | 'placeOf' | 'jump'> {
  const { store } = deps;
  const shown = ({ record, position, waitMs, jumped }: Placed, owner: User): InLine => ({ owner, server: record.name, position, waitMs, jumped, since: record.state.since ?? record.created, profile: record.profile });

  const find = (owner: User, name: ServerName): Placed | undefined => queue.line().find(({ record }) => record.owner === owner.id && record.name === name);

  return {
    line: (actor) =>
      queue.line().flatMap((placed) => {
        const owner = store.users.byId(placed.record.owner);
        return owner === undefined || !can(actor, 'read:servers', targetOf(owner, placed.record.name)) ? [] : [shown(placed, owner)];
      }),
    placeOf(actor, owner, name) {
      demand(actor, 'read:servers', targetOf(owner, name));
      if (name !== '' && store.servers.find(owner.id, name) === undefined) throw notFound();
      const placed = find(owner, name);
      return placed === undefined ? null : shown(placed, owner);
    },
    jump(actor, owner, name) {
      demand(actor, 'admin:servers', targetOf(owner, name));
      const moved = store.transaction(() => {
        const record = store.servers.find(owner.id, name);
        if (record === undefined && name !== '') throw notFound();
        if (record?.state.kind !== 'queued') throw new HubError('invalid-input', `${name === '' ? owner.name : `${owner.name}:${name}`} does not wait in line`);
        if (queue.jump(record.id)) audited(actor, 'server.jump', record);
        return record;
      });
      queue.pump();
      const placed = queue.line().find(({ record }) => record.id === moved.id);
      return placed === undefined ? null : shown(placed, owner);
    },
  };
}
