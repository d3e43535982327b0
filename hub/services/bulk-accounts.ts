import { demand, HUB, type Actor } from '../domain/access';
import { HubError, toHubError } from '../domain/errors';
import { parseUserName } from '../domain/names';
import { shown } from '../domain/shown';
import { addAccount, audited, demandMayName, isTaken, type AccountsDeps } from './account-deps';
import { MOST_USERS, type BulkAccounts, type BulkUserAction, type MadeUser, type NewUser, type NewUserProblem, type PlannedUser } from './bulk-accounts-contract';
import type { Accounts, Groups } from './contract';
import { generatePassword } from './passwords';
import type { BulkResult } from './server-list-contract';

export interface BulkAccountsDeps extends AccountsDeps {
  readonly accounts: Pick<Accounts, 'approve' | 'discard' | 'disable' | 'enable' | 'find'>;
  readonly company: Pick<Groups, 'addUsers' | 'demandMayFill'>;
}

const SHOWN_PROBLEMS = 5;

/** Accounts by the dozen: looked at before they are made, and made together. */
export function createBulkAccounts(deps: BulkAccountsDeps): BulkAccounts {
  const { store, hasher, accounts, company } = deps;

  const problemsOf = (actor: Actor, user: NewUser, seen: Set<string>): { readonly name: string; readonly problems: readonly NewUserProblem[] } => {
    const problems: NewUserProblem[] = [];
    const add = (kind: NewUserProblem['kind'], what: string, message: string): void => void problems.push({ kind, what, message });
    const trying = (kind: NewUserProblem['kind'], what: string, work: () => void): void => {
      try {
        work();
      } catch (err) {
        add(kind, what, refusalOf(err));
      }
    };
    let name = shown(user.name);
    trying('name', name, () => {
      const parsed = parseUserName(user.name);
      name = parsed;
      if (isTaken(store, parsed)) add('taken', name, `User ${name} already exists.`);
      else if (seen.has(name)) add('twice', name, `${name} is there twice.`);
      else trying('reserved', name, () => demandMayName(deps, actor, parsed));
      seen.add(name);
    });
    if (user.admin && !actor.admin) add('admin', name, 'Only administrators may make somebody an administrator.');
    for (const group of user.groups) trying('group', shown(group), () => company.demandMayFill(actor, group));
    return { name, problems };
  };

  const plan = (actor: Actor, users: readonly NewUser[]): readonly PlannedUser[] => {
    demand(actor, 'admin:users', HUB);
    if (users.length > MOST_USERS) throw new HubError('invalid-input', `That is more than ${MOST_USERS} accounts at once: make them in several goes.`);
    const seen = new Set<string>();
    return users.map((user) => ({ ...user, groups: [...new Set(user.groups)], ...problemsOf(actor, user, seen) }));
  };

  const make = (actor: Actor, { name, admin, groups, password, phc }: PlannedUser & { readonly password: string; readonly phc: string }): MadeUser => {
    const user = addAccount(deps, { name: parseUserName(name), phc }, { admin, status: 'active', mustChangePassword: true });
    audited(deps, actor, 'user.create', { user, detail: { admin, groups } });
    return { user, groups, password };
  };

  /** One call for each group, however many join it. */
  const join = (actor: Actor, made: readonly MadeUser[]): void => {
    for (const group of new Set(made.flatMap(({ groups }) => groups))) company.addUsers(actor, group, made.filter(({ groups }) => groups.includes(group)).map(({ user }) => user.name));
  };

  const VERBS: Readonly<Record<BulkUserAction, (actor: Actor, id: Parameters<Accounts['approve']>[1]) => unknown>> = {
    approve: accounts.approve, discard: accounts.discard, disable: accounts.disable, enable: accounts.enable,
  };

  const outcome = async (actor: Actor, action: BulkUserAction, name: string): Promise<BulkResult> => {
    try {
      const user = accounts.find(actor, name);
      if (user === undefined) throw new HubError('not-found', `There is no user ${shown(name)}, or not one that you may see.`);
      await VERBS[action](actor, user.id);
      return { name, error: null };
    } catch (err) {
      return { name, error: refusalOf(err) };
    }
  };

  return {
    plan,
    async create(actor, users) {
      if (users.length === 0) throw new HubError('invalid-input', 'Name at least one user.');
      const planned = plan(actor, users);
      const wrong = planned.flatMap(({ problems }) => problems.map(({ message }) => message));
      if (wrong.length > 0) throw new HubError('invalid-input', `Nothing was made. ${wrong.slice(0, SHOWN_PROBLEMS).join(' ')}${wrong.length > SHOWN_PROBLEMS ? ` And ${wrong.length - SHOWN_PROBLEMS} more.` : ''}`);
      const ready: (PlannedUser & { readonly password: string; readonly phc: string })[] = [];
      // One after the other: passwords of people who sign in meanwhile are hashed too.
      for (const user of planned) {
        const password = generatePassword();
        ready.push({ ...user, password, phc: await hasher.hash(password) });
      }
      return store.transaction(() => {
        const made = ready.map((user) => make(actor, user));
        join(actor, made);
        return made;
      });
    },
    async act(actor, action, names) {
      demand(actor, 'admin:users', HUB);
      if (names.length > MOST_USERS) throw new HubError('invalid-input', `That is more than ${MOST_USERS} accounts at once: do it in several goes.`);
      return Promise.all([...new Set(names)].map((name) => outcome(actor, action, name)));
    },
  };
}

/** What a person is told about one of many; what is nobody's fault here ends the whole. */
function refusalOf(err: unknown): string {
  const failure = toHubError(err);
  if (failure.code === 'internal') throw err;
  return failure.message;
}
