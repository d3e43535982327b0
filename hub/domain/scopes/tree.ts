/**
 * JupyterHub's scopes (5.2.1 plus `start:servers` of 6.0): each with what it implies directly. Data, not code: the whole tree is one
 * table, and everything else in this folder reads it.
 */
export const TREE = {
  'admin-ui': [],
  'admin:users': ['admin:auth_state', 'users', 'read:roles:users', 'delete:users'],
  'admin:auth_state': [],
  users: ['read:users', 'list:users', 'users:activity'],
  'delete:users': [],
  'list:users': ['read:users:name'],
  'read:users': ['read:users:name', 'read:users:groups', 'read:users:activity'],
  'read:users:name': [],
  'read:users:groups': [],
  'read:users:activity': [],
  'users:activity': ['read:users:activity'],
  'read:roles': ['read:roles:users', 'read:roles:services', 'read:roles:groups'],
  'read:roles:users': [],
  'read:roles:services': [],
  'read:roles:groups': [],
  'admin:servers': ['admin:server_state', 'servers'],
  'admin:server_state': [],
  servers: ['read:servers', 'delete:servers', 'start:servers'],
  'read:servers': ['read:users:name'],
  'start:servers': [],
  'delete:servers': [],
  'access:servers': [],
  tokens: ['read:tokens'],
  'read:tokens': [],
  'admin:groups': ['groups', 'read:roles:groups', 'delete:groups'],
  groups: ['read:groups', 'list:groups'],
  'list:groups': ['read:groups:name'],
  'read:groups': ['read:groups:name'],
  'read:groups:name': [],
  'delete:groups': [],
  'admin:services': ['list:services', 'read:services', 'read:roles:services'],
  'list:services': ['read:services:name'],
  'read:services': ['read:services:name'],
  'read:services:name': [],
  'access:services': [],
  'users:shares': ['read:users:shares'],
  'read:users:shares': [],
  'groups:shares': ['read:groups:shares'],
  'read:groups:shares': [],
  shares: ['access:servers', 'read:shares', 'users:shares', 'groups:shares'],
  'read:shares': [],
  'read:hub': [],
  'read:metrics': [],
  proxy: [],
  shutdown: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type BuiltInScope = keyof typeof TREE;
export type ScopeName = BuiltInScope | `custom:${string}`;

/** Scopes that stand for others: `self` for a user's own things, `inherit` for all that a token's owner may do. */
export const METASCOPES = ['self', 'inherit', '(no_scope)'] as const;
export type Metascope = (typeof METASCOPES)[number];

/** What `self` grants, each on the user alone. Not `users` (it would imply `list:users`) and not `shares`: exactly JupyterHub's list. */
export const SELF: readonly BuiltInScope[] = ['read:users', 'users:activity', 'servers', 'tokens', 'access:servers', 'read:shares', 'users:shares'];

export const FILTERS = ['user', 'server', 'group', 'service'] as const;
export type FilterKind = (typeof FILTERS)[number];

/** A scope declared in the configuration. It may imply other declared ones only. */
export interface CustomScope {
  readonly description: string;
  readonly implies?: readonly string[];
}

/** The scopes that exist in this hub, and what each implies directly. */
export interface Vocabulary {
  /** undefined: there is no such scope. */
  implied(scope: string): readonly ScopeName[] | undefined;
}
