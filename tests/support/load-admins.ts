import { dice, oneOf } from './dice';
import { createLedger, type Change, type World } from './ledger';
import { ask, type Act, type Period, type Worker } from './load';

/** Who makes, changes and removes accounts and groups, whose names all begin with the own one. */
export interface Admin extends Worker {
  readonly token: string;
}

export interface NewAdmin {
  readonly name: string;
  readonly token: string;
  readonly seed: number;
}

interface Account {
  /** Which one it is, through all its names. */
  readonly number: string;
  readonly name: string;
  readonly admin: boolean;
  readonly status: string;
}

const MOST_ACCOUNTS = 10;
const MOST_GROUPS = 3;

/** Keys: `account <number>`, `group <name>`, `member <number> <group>`. */
export function createAdmin({ name: own, token, seed }: NewAdmin): Admin {
  const ledger = createLedger();
  const roll = dice(seed);
  let made = 0;
  const fresh = (): string => String((made += 1));
  const send = (method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown) => (period: Period) => ask(period, token, [method, `/hub/api/${path}`, body]);
  const someAccount = (): Account | undefined => oneOf(roll, accountsIn(ledger.now()));
  const someGroup = (): string | undefined => oneOf(roll, groupsIn(ledger.now()));

  function createOne(): Act {
    const account = { number: fresh(), admin: false, status: 'active' };
    const name = `${own}-${account.number}-0`;
    return { what: 'create a user', ways: [accountIs({ ...account, name })], send: send('POST', `users/${name}`, {}) };
  }

  /** One after the other: some of them may be there without the rest. */
  function createTwo(): Act {
    const ways = [fresh(), fresh()].map((number) => ({ number, name: `${own}-${number}-0`, admin: false, status: 'active' }));
    const [one, two] = ways.map(accountIs);
    return { what: 'create two users', ways: [{ ...one }, { ...one, ...two }], send: send('POST', 'users', { usernames: ways.map(({ name }) => name) }) };
  }

  function change(account: Account): Act {
    const [renames, turns] = [roll(3) > 0, roll(3) === 0];
    const name = renames ? `${own}-${account.number}-${fresh()}` : account.name;
    const admin = turns ? !account.admin : account.admin;
    return { what: renames && turns ? 'rename a user and change who is an administrator' : renames ? 'rename a user' : 'change who is an administrator', ways: [accountIs({ ...account, name, admin })], send: send('PATCH', `users/${account.name}`, { name, admin }) };
  }

  function keepOut(account: Account): Act {
    const status = account.status === 'active' ? 'disabled' : 'active';
    // It is written before servers are stopped, so what comes after a refusal is looked up.
    const ways = status === 'disabled' ? [accountIs({ ...account, status }), accountIs({ ...account, status })] : [accountIs({ ...account, status })];
    return { what: status === 'disabled' ? 'disable a user' : 'enable a user', ways, send: send('POST', `users/${account.name}/${status === 'disabled' ? 'disable' : 'enable'}`) };
  }

  function remove(account: Account): Act {
    const gone = Object.keys(ledger.now()).filter((key) => key === `account ${account.number}` || key.startsWith(`member ${account.number} `));
    const ways = [accountIs({ ...account, status: 'disabled' }), Object.fromEntries(gone.map((key) => [key, null]))];
    return { what: 'delete a user', ways, send: send('DELETE', `users/${account.name}?volumes=${roll(3) === 0 ? 'keep' : 'remove'}`) };
  }

  function createGroup(): Act {
    const group = `${own}-g${fresh()}`;
    return { what: 'create a group', ways: [{ [`group ${group}`]: '{}' }], send: send('POST', `groups/${group}`, {}) };
  }

  function removeGroup(group: string): Act {
    const gone = Object.keys(ledger.now()).filter((key) => key === `group ${group}` || (key.startsWith('member ') && key.endsWith(` ${group}`)));
    return { what: 'delete a group', ways: [Object.fromEntries(gone.map((key) => [key, null]))], send: send('DELETE', `groups/${group}`) };
  }

  function setProperties(group: string): Act {
    const properties = { note: fresh() };
    return { what: 'set properties of a group', ways: [{ [`group ${group}`]: JSON.stringify(properties) }], send: send('PUT', `groups/${group}/properties`, properties) };
  }

  function members(group: string): Act | undefined {
    const [come, all] = [roll(3) > 0, accountsIn(ledger.now())];
    const some = all.filter(() => roll(3) === 0);
    if (some.length === 0) return undefined;
    const way = Object.fromEntries(some.map(({ number }) => [`member ${number} ${group}`, come ? 'yes' : null]));
    return { what: come ? 'add members' : 'remove members', ways: [way], send: send(come ? 'POST' : 'DELETE', `groups/${group}/users`, { users: some.map(({ name }) => name) }) };
  }

  function choose(): Act | undefined {
    const throwing = roll(20);
    const [account, group] = [someAccount(), someGroup()];
    if (account === undefined || (throwing < 3 && accountsIn(ledger.now()).length < MOST_ACCOUNTS)) return throwing === 0 ? createTwo() : createOne();
    if (throwing < 7) return change(account);
    if (throwing < 10) return keepOut(account);
    if (throwing < 12) return remove(account);
    if (group === undefined || (throwing < 14 && groupsIn(ledger.now()).length < MOST_GROUPS)) return createGroup();
    if (throwing < 15) return removeGroup(group);
    return throwing < 17 ? setProperties(group) : members(group);
  }

  return { name: own, ledger, roll, token, choose };
}

/** Starts and stops servers of accounts that an administrator changes and deletes meanwhile: nothing is promised of those, but that nothing is left of them. */
export function createStirrer(admins: readonly Admin[], { token, seed }: Omit<NewAdmin, 'name'>): Worker {
  const roll = dice(seed);
  return {
    name: 'stirrer', ledger: createLedger(), roll,
    choose() {
      const account = oneOf(roll, admins.flatMap(({ ledger }) => accountsIn(ledger.now())));
      if (account === undefined) return undefined;
      const [what, method] = roll(3) > 0 ? (['start a server of somebody', 'POST'] as const) : (['stop a server of somebody', 'DELETE'] as const);
      return { what, ways: [{}], stirs: true, send: (period) => ask(period, token, [method, `/hub/api/users/${account.name}/server`, {}]) };
    },
  };
}

/** `name` of an account of the load, read as its administrator and number; undefined: it is none. */
export function numberedName(name: string): readonly [admin: string, number: string] | undefined {
  const [, admin, number] = /^(\w+)-(\d+)-\d+$/.exec(name) ?? [];
  return admin === undefined || number === undefined ? undefined : [admin, number];
}

export const accountIs = ({ number, name, admin, status }: Account): Change & World => ({ [`account ${number}`]: `${name} ${admin} ${status}` });

const accountsIn = (world: World): readonly Account[] => Object.entries(world).filter(([key]) => key.startsWith('account ')).map(([key, value]) => {
  const [name = '', admin, status = ''] = value.split(' ');
  return { number: key.slice('account '.length), name, admin: admin === 'true', status };
});

const groupsIn = (world: World): readonly string[] => Object.keys(world).filter((key) => key.startsWith('group ')).map((key) => key.slice('group '.length));
