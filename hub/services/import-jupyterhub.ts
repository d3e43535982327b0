import type { Clock } from '../domain/runtime';
import { HubError } from '../domain/errors';
import { newId, type GroupId, type UserId, type UserName } from '../domain/ids';
import { volumeNameOf, type ImportLine, type ImportReport, type JupyterHubData, type OldAccount, type OldUser, type VolumePattern } from '../domain/jupyterhub';
import { parseGroupName, parseUserName } from '../domain/names';
import type { Vocabulary } from '../domain/scopes/tree';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import { grantRoles } from './account-deps';
import type { AuditActor, Recorder } from './contract';
import { importTokens } from './import-tokens';

export interface ImportDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly audit: Pick<Recorder, 'record'>;
  /** Whether a password hash can be verified at a sign-in. */
  readonly knowsHash: (hash: string) => boolean;
  /** Longest life of a token whose owner is no administrator. */
  readonly maxTokenMs: number;
  /** Groups of the configuration and built-in ones, which give something without a policy. */
  readonly declaredGroups: ReadonlySet<string>;
  readonly vocabulary: Vocabulary;
}

export interface ImportAsk {
  readonly actor: AuditActor;
  readonly patterns: readonly VolumePattern[];
  /** Volumes that exist in the engine and belong to no hub. */
  readonly volumes: ReadonlySet<string>;
  /** Everything is done, reported and undone. */
  readonly dryRun: boolean;
}

/** What the parts of an import write into. */
export interface ImportRun extends ImportDeps {
  came(kind: ImportLine['kind'], name: string, detail: string): void;
  left(kind: ImportLine['kind'], name: string, detail: string): void;
  same(): void;
  /** Names here that somebody of that hub has already: two of its names may be one in normal form. */
  readonly claimed: Set<UserName>;
}

/** Roles whose meaning is the same by definition: everybody has the first, the flag is the second, and the others are not for people. */
const SAME_BY_NATURE = new Set(['user', 'admin', 'server', 'token']);

class DryRun extends Error {}

/**
 * Takes over what a JupyterHub knew, all of it or nothing. Never touches an account that was here before, and never gives more than was
 * had: what does not fit is left, and said. A second run changes nothing, but completes what the first could not bring.
 */
export function importJupyterHub(deps: ImportDeps, data: JupyterHubData, ask: ImportAsk): ImportReport {
  const came: ImportLine[] = [];
  const left: ImportLine[] = [];
  let unchanged = 0;
  const run: ImportRun = {
    ...deps,
    came: (kind, name, detail) => void came.push({ kind, name, detail }),
    left: (kind, name, detail) => void left.push({ kind, name, detail }),
    same: () => void (unchanged += 1),
    claimed: new Set(),
  };
  const work = (): void => {
    importAll(run, data, ask);
    if (came.length > 0) deps.audit.record(ask.actor, 'import.jupyterhub', 'hub', { detail: { came: countByKind(came), left: countByKind(left) } });
    if (ask.dryRun) throw new DryRun();
  };
  try {
    deps.store.transaction(work);
  } catch (err) {
    if (!(err instanceof DryRun)) throw err;
  }
  return { came, left, unchanged };
}

export const countByKind = (lines: readonly ImportLine[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { kind } of lines) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};

function importAll(run: ImportRun, data: JupyterHubData, ask: ImportAsk): void {
  const mapped = rolesThatMap(run, data);
  const groups = importGroups(run, data, mapped);
  const accounts = new Map((data.accounts ?? []).map((account) => [account.name, account]));
  const people = [...data.users, ...[...accounts.values()].filter(({ name }) => !data.users.some((user) => user.name === name)).map(neverSignedIn)];
  if (data.accounts === null) run.left('note', 'passwords', 'That hub did not use NativeAuthenticator, so there are none: give each account one with `berth user passwd NAME`.');
  for (const old of people) {
    const made = importUser(run, old, { account: accounts.get(old.name), native: data.accounts !== null });
    if (made === undefined) continue;
    if (made.fresh) giveRolesAndGroups(run, made.user, { old, mapped, groups });
    importTokens(run, made.user, old);
    adoptVolumes(run, made.user, { old, ...ask });
  }
  for (const name of data.services) run.left('service', name, 'Services and their tokens are declared in the configuration here.');
}

const neverSignedIn = ({ name }: OldAccount): OldUser => ({ name, admin: false, created: null, lastActivity: null, groups: [], roles: ['user'], tokens: [] });

/** By name, and only where ours gives nothing that the old one did not: the same word may mean more here. */
function rolesThatMap({ store, left }: ImportRun, data: JupyterHubData): ReadonlySet<string> {
  const mapped = new Set<string>();
  for (const old of data.roles.filter((role) => !SAME_BY_NATURE.has(role.name))) {
    const ours = store.roles.byName(old.name);
    if (ours === undefined) left('role', old.name, 'There is no such role here. Declare it in the configuration and start the hub once before importing.');
    else if (!ours.scopes.every((scope) => old.scopes.includes(scope))) left('role', old.name, 'The role of this name gives more here than it gave there; nobody gets it by the import.');
    else mapped.add(old.name);
  }
  if (data.roles.some((role) => role.name === 'user' && !role.scopes.includes('self'))) left('role', 'user', 'That hub had changed what everybody may do. Here every active account gets the roles `user` and `researcher`.');
  return mapped;
}

function importGroups(run: ImportRun, data: JupyterHubData, mapped: ReadonlySet<string>): ReadonlyMap<string, GroupId> {
  const { store, came, left, same } = run;
  const ids = new Map<string, GroupId>();
  for (const old of data.groups) {
    const name = attempt(() => parseGroupName(old.name), (why) => left('group', old.name, why));
    if (name === undefined) continue;
    const known = store.groups.byName(name);
    if (known !== undefined) same();
    // The configuration's may not be there yet: its first start makes it, and then it gives what it gives.
    if (run.declaredGroups.has(name) || (known !== undefined && (store.roles.ofGroup(known.id).length > 0 || Object.values(store.policies.list().get(known.id) ?? {}).some(({ on }) => on)))) {
      left('group', name, 'It gives its members something here already, so nobody joins it by the import.');
      continue;
    }
    if (known !== undefined) {
      ids.set(old.name, known.id);
      continue;
    }
    const id = newId<GroupId>();
    store.groups.create({ id, name, properties: old.properties });
    ids.set(old.name, id);
    came('group', name, Object.keys(old.properties).join(', '));
    for (const role of old.roles) giveRole(run, { role, mapped, to: `group ${name}`, grant: () => store.roles.grantGroup(role, id) });
  }
  return ids;
}

function giveRole({ came, left }: ImportRun, give: { readonly role: string; readonly mapped: ReadonlySet<string>; readonly to: string; readonly grant: () => void }): void {
  if (!give.mapped.has(give.role)) return left('role', give.to, `${give.role} was not given.`);
  give.grant();
  came('role', give.to, give.role);
}

/** undefined: nobody can be called that, or somebody is already, whom no import made. */
function importUser(run: ImportRun, old: OldUser, by: { readonly account: OldAccount | undefined; readonly native: boolean }): { readonly user: User; readonly fresh: boolean } | undefined {
  const { store, left, same, claimed } = run;
  const name = attempt(() => parseUserName(old.name), (why) => left('user', old.name, why));
  if (name === undefined) return undefined;
  if (claimed.has(name)) {
    left('user', old.name, `It is another name of ${name} here, whom somebody else of that hub has: rename one of them there.`);
    return undefined;
  }
  claimed.add(name);
  const known = store.users.byName(name);
  if (known === undefined) return { user: createUser(run, name, { old, ...by }), fresh: true };
  same();
  // Who was never there has nothing that a second run could bring.
  if (store.imports.made(known.id) && old.created === null) return undefined;
  // Accounts are renamed, and then the name is somebody else's (A19). The moment of making stays with the person.
  if (store.imports.made(known.id) && old.created?.getTime() === known.created.getTime()) return { user: known, fresh: false };
  left('user', name, 'There was an account of this name before. It stays as it is, without the groups, tokens and volumes of the old one.');
  return undefined;
}

function createUser(run: ImportRun, name: UserName, from: { readonly old: OldUser; readonly account: OldAccount | undefined; readonly native: boolean }): User {
  const { store, clock, came, left, audit } = run;
  const { old, account } = from;
  const waits = account !== undefined && !account.approved;
  const user: User = {
    id: newId<UserId>(), name, admin: old.admin && !waits, status: waits ? 'pending' : 'active',
    created: old.created ?? clock.now(), lastActivity: old.lastActivity, mustChangePassword: false,
  };
  store.users.create(user);
  store.imports.noteUser(user.id);
  if (!waits) grantRoles(store, user);
  audit.record('hub', 'user.import', `user:${name}`, { detail: { user: user.id, admin: user.admin, status: user.status } });
  came('user', name, [user.admin ? 'administrator' : '', waits ? 'waits for approval' : ''].filter((word) => word !== '').join(', '));
  if (old.admin && waits) left('role', name, 'It waits for approval, so it is no administrator.');
  givePassword(run, user, from);
  if (account?.secondFactor === true) left('password', name, 'Its second factor cannot be taken over: the password alone signs in.');
  return user;
}

function givePassword({ store, knowsHash, came, left }: ImportRun, user: User, { account, native }: { readonly account: OldAccount | undefined; readonly native: boolean }): void {
  if (account !== undefined && knowsHash(account.hash)) {
    store.users.setPasswordHash(user.id, account.hash);
    return came('password', user.name, 'hashed anew at the first sign-in');
  }
  if (native) left('password', user.name, `${account === undefined ? 'It had none' : 'Its hash is of an unknown kind'}: give it one with \`berth user passwd ${user.name}\`.`);
}

function giveRolesAndGroups(run: ImportRun, user: User, { old, mapped, groups }: { readonly old: OldUser; readonly mapped: ReadonlySet<string>; readonly groups: ReadonlyMap<string, GroupId> }): void {
  const { store, came } = run;
  for (const role of old.roles.filter((name) => !SAME_BY_NATURE.has(name))) giveRole(run, { role, mapped, to: user.name, grant: () => store.roles.grant(role, user.id) });
  for (const group of old.groups) {
    const id = groups.get(group);
    if (id === undefined) continue;
    store.groups.addMember(id, user.id);
    came('member', user.name, group);
  }
}

function adoptVolumes({ store, came, left, same }: ImportRun, user: User, ask: { readonly old: OldUser } & Pick<ImportAsk, 'patterns' | 'volumes'>): void {
  const active = new Map(store.volumes.listOf(user.id).filter(({ state }) => state === 'active').map((volume) => [volume.purpose, volume]));
  for (const pattern of ask.patterns) {
    const name = volumeNameOf(pattern, ask.old.name);
    const has = active.get(pattern.purpose);
    if (has !== undefined && has.name !== null) same();
    else if (name === undefined || !ask.volumes.has(name)) left('volume', user.name, `No volume ${name ?? pattern.pattern} was found; a new ${pattern.purpose} is made at the first start.`);
    else if (store.imports.isAdopted(name)) left('volume', user.name, `${name} belongs to an account here already.`);
    else if (has !== undefined) left('volume', user.name, `${name} was left alone: the account has a ${pattern.purpose} of its own by now.`);
    else {
      store.imports.adopt(user.id, { purpose: pattern.purpose, name });
      came('volume', user.name, `${name} as ${pattern.purpose}`);
    }
  }
}

function attempt<T>(work: () => T, refused: (why: string) => void): T | undefined {
  try {
    return work();
  } catch (err) {
    if (!(err instanceof HubError)) throw err;
    refused(err.message);
    return undefined;
  }
}
