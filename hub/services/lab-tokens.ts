import type { Actor } from '../domain/access';
import type { ServerId } from '../domain/ids';
import { tokenScopes } from '../domain/scopes/effective';
import { BUILT_IN } from '../domain/scopes/parse';
import type { Vocabulary } from '../domain/scopes/tree';
import type { ServerRecord } from '../domain/server';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import { groupsOfName, scopesOf } from './actors';
import type { LabTokens } from './contract';
import { hashOfSecret, newSecret } from './secrets';

/** Role whose scopes are exactly what JupyterHub gives the token of a server. */
const ROLE = 'server';
/** Nothing that long was made here. */
const LONGEST = 128;

/** Only the lab itself has the token; what is stored is its SHA-256, so a restarted hub knows it again and a stolen database does not. */
export function createLabTokens({ store, vocabulary = BUILT_IN }: { readonly store: Store; readonly vocabulary?: Vocabulary }): LabTokens {
  const actorOf = (owner: User, record: ServerRecord): Actor => {
    const by = { owner: { kind: 'user', name: owner.name }, server: `${owner.name}/${record.name}`, scopes: scopesOf(store, owner, vocabulary), groupsOf: groupsOfName(store) } as const;
    return {
      kind: 'user',
      id: owner.id,
      name: owner.name,
      admin: owner.admin,
      groups: store.groups.groupsOf(owner.id).map((group) => group.name),
      via: 'server-token',
      credential: `lab:${record.id}`,
      scopes: tokenScopes(store.roles.byName(ROLE)?.scopes ?? [], by, vocabulary),
    };
  };

  return {
    resolve(secret: string, through: ServerId) {
      const record = secret.length <= LONGEST ? store.servers.byLabTokenHash(hashOfSecret(secret)) : undefined;
      if (record === undefined) return { kind: 'unknown' };
      if (record.id !== through) return { kind: 'elsewhere', server: record.id };
      const owner = store.users.byId(record.owner);
      return owner?.status === 'active' ? { kind: 'lab', actor: actorOf(owner, record), owner, record } : { kind: 'unknown' };
    },
  };
}

/** 256 bits, new for every start; an earlier one of the same server is worth nothing from now on. Whoever lost the server meanwhile gets one that opens nothing. */
export function issueLabToken(store: Store, record: ServerRecord): string {
  const secret = newSecret();
  store.servers.setLabTokenHash(record, hashOfSecret(secret));
  return secret;
}
