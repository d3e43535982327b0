import type { Target } from '../domain/access';
import { HubError } from '../domain/errors';
import type { ServerName, UserId, UserName } from '../domain/ids';
import type { Store } from '../store/store';

/** Enough of a user to say whose server it is. */
export interface Owner {
  readonly id: UserId;
  readonly name: UserName;
}

export type ServerTarget = Extract<Target, { kind: 'server' }>;

/** What scopes are asked about: the server, by the name of its owner, whose groups count too. They are read when somebody's scopes depend on them, because lists ask for each row. */
export const serverTarget = (store: Store, owner: Owner, name: ServerName): ServerTarget => ({
  kind: 'server', user: owner.name, server: name,
  get groups() { return store.groups.groupsOf(owner.id).map((group) => group.name); },
});

/** How the audit log names it. */
export const auditTarget = (owner: Owner, name: ServerName): string => `server:${owner.name}/${name}`;

/** What sentences call it, as JupyterHub's do. */
export const labelOf = (owner: Owner, name: ServerName): string => (name === '' ? owner.name : `${owner.name}:${name}`);

/** JupyterHub's words. */
export const notRunning = (owner: Owner, name: ServerName): HubError => new HubError('invalid-input', `${labelOf(owner, name)} is not running`);
