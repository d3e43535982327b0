import type { Role } from '../user';

/** Launching: JupyterHub's `servers` implies `start:servers`, so both belong to `researcher` and neither to `user`. */
const LAUNCH = ['start:servers!user', 'servers!user'];

/** `self` without what launches. `user` and `researcher` together are exactly JupyterHub's `self`; a test holds them to it. */
const OWN_THINGS = ['read:users', 'users:activity', 'read:servers', 'delete:servers', 'tokens', 'access:servers', 'read:shares', 'users:shares'].map((scope) => `${scope}!user`);

const ADMIN = [
  'admin-ui', 'admin:users', 'admin:servers', 'admin:services', 'tokens', 'admin:groups', 'list:services', 'read:services', 'read:hub', 'proxy',
  'shutdown', 'access:services', 'access:servers', 'read:roles', 'read:metrics', 'shares',
];

/** The roles that always exist. Configuration may widen them (except `admin`) and add others. */
export const DEFAULT_ROLES: readonly Role[] = [
  { name: 'user', description: 'Sees and manages its own things.', scopes: OWN_THINGS },
  { name: 'researcher', description: 'Launches its own servers (LAUNCH_NOTEBOOKS).', scopes: LAUNCH },
  { name: 'manager', description: 'Lists, stops and opens servers of everyone (MANAGE_NOTEBOOKS).', scopes: ['admin-ui', 'list:users', 'read:users:activity', 'read:servers', 'delete:servers', 'access:servers'] },
  { name: 'admin', description: 'Everything.', scopes: ADMIN },
  { name: 'server', description: 'What a server may do with its own token.', scopes: ['users:activity!user', 'access:servers!server'] },
  { name: 'token', description: 'What a token may do unless it says otherwise.', scopes: ['inherit'] },
];

/** Roles of every approved account; `researcher` may be taken away again. */
export const ROLES_OF_EVERYONE: readonly string[] = ['user', 'researcher'];
