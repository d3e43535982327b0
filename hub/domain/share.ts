import { HubError } from './errors';
import type { GroupId, ServerId, ServerName, UserId, UserName } from './ids';
import { parseScope } from './scopes/parse';
import type { BuiltInScope, ScopeName, Vocabulary } from './scopes/tree';

/** A server as whoever it is shared with sees it. Names are those of now: a share hangs on ids, and a rename moves nothing. */
export interface SharedServer {
  readonly id: ServerId;
  readonly name: ServerName;
  readonly owner: { readonly id: UserId; readonly name: UserName };
  readonly ready: boolean;
}

/** With whom something is shared. */
export type Sharee = { readonly kind: 'user'; readonly id: UserId; readonly name: string } | { readonly kind: 'group'; readonly id: GroupId; readonly name: string };

/** What one user or group may do with one server of somebody else. `scopes` are names without a filter: they hold for this server only. */
export interface Share {
  readonly server: SharedServer;
  readonly with: Sharee;
  readonly scopes: readonly ScopeName[];
  /** When it was first granted. */
  readonly created: Date;
}

/** Whoever has the secret may make a share of their own from it, until it expires. */
export interface ShareCode {
  /** Counts from 1. */
  readonly number: number;
  readonly server: SharedServer;
  readonly scopes: readonly ScopeName[];
  readonly created: Date;
  readonly expires: Date;
  /** How often it was accepted. */
  readonly exchanges: number;
  /** null: never. */
  readonly lastExchanged: Date | null;
}

/** What can be shared: the scopes that mean something on one server, and declared ones, whose meaning is somebody else's. */
const SHAREABLE: ReadonlySet<string> = new Set<BuiltInScope>(['access:servers', 'read:servers', 'servers', 'start:servers', 'delete:servers', 'admin:servers', 'admin:server_state', 'shares', 'read:shares']);

/** `alice/`: how scopes name a server. */
export const fullNameOf = ({ owner, name }: { readonly owner: { readonly name: string }; readonly name: string }): string => `${owner.name}/${name}`;

/** A scope of a share, as JupyterHub writes it. */
export const onServer = (scope: ScopeName, server: string): string => `${scope}!server=${server}`;

/**
 * The names of scopes that somebody wants to share; the filter for exactly this server may be there. Throws `invalid-input` for any
 * other filter, for a scope that does not exist, and for one that means nothing on a server.
 */
export function parseShareScopes(raw: readonly string[], server: string, vocabulary: Vocabulary): readonly ScopeName[] {
  const names = raw.map((text): ScopeName => {
    const parsed = parseScope(text, vocabulary);
    const name = parsed.kind === 'scope' ? parsed.name : undefined;
    if (name === undefined || (!SHAREABLE.has(name) && !name.startsWith('custom:'))) throw new HubError('invalid-input', `${text} cannot be shared: it means nothing on a server`);
    const given = text.slice(name.length);
    if (given !== '' && given !== `!server=${server}`) throw new HubError('invalid-input', `${given} not allowed on sharing ${name}, only !server=${server}`);
    return name;
  });
  return [...new Set(names)].sort();
}
