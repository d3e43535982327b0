import type { BuiltInScope } from './scopes/tree';

type OwnScope = `${BuiltInScope}!user`;

/** What somebody may want a token for, in their own words instead of scopes. */
export interface TokenTask {
  readonly id: TokenTaskId;
  readonly scopes: readonly string[];
  /** Reaches everybody's things: offered to whoever holds it. */
  readonly wide: boolean;
}

export const TOKEN_TASKS = ['who', 'account', 'servers', 'use', 'keep', 'shares', 'tokens', 'all', 'allUsers', 'allServers', 'openAll', 'allGroups', 'figures'] as const;
export type TokenTaskId = (typeof TOKEN_TASKS)[number];

const own = (id: TokenTaskId, ...scopes: readonly OwnScope[]): TokenTask => ({ id, scopes, wide: false });
const wide = (id: TokenTaskId, ...scopes: readonly BuiltInScope[]): TokenTask => ({ id, scopes, wide: true });

/** In the order in which they are offered. None grants more than its sentence in the catalogue says; a test asks the hub itself. */
export const TASKS: readonly TokenTask[] = [
  own('who', 'read:users:name!user', 'read:users:groups!user'),
  own('account', 'read:users!user'),
  own('servers', 'read:servers!user', 'start:servers!user', 'delete:servers!user'),
  own('use', 'access:servers!user', 'read:servers!user'),
  own('keep', 'users:activity!user'),
  own('shares', 'read:shares!user', 'read:users:shares!user'),
  own('tokens', 'tokens!user'),
  { id: 'all', scopes: ['inherit'], wide: false },
  wide('allUsers', 'admin:users'),
  wide('allServers', 'admin:servers'),
  wide('openAll', 'access:servers'),
  wide('allGroups', 'admin:groups'),
  wide('figures', 'read:hub', 'read:metrics'),
];

/** What a token's scopes are for, in words, and those that no task names. */
export function tasksOf(scopes: readonly string[]): { readonly tasks: readonly TokenTaskId[]; readonly rest: readonly string[] } {
  const found = TASKS.filter((task) => task.scopes.every((scope) => scopes.includes(scope)));
  const named = new Set(found.flatMap((task) => task.scopes));
  return { tasks: found.map(({ id }) => id), rest: scopes.filter((scope) => !named.has(scope)) };
}

/** Scopes of what was ticked; what is unknown is passed over. */
export const scopesOfTasks = (ids: readonly string[]): readonly string[] => [...new Set(TASKS.filter(({ id }) => ids.includes(id)).flatMap(({ scopes }) => scopes))];
