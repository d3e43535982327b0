import { type Command, Option } from 'commander';
import { HubError } from '../domain/errors';
import { hubClient, userPath } from './hub-client';
import { type Io, printable, table } from './io';

interface UserModel {
  readonly name: string;
  readonly admin: boolean;
  readonly status?: string;
  readonly created: string;
  readonly last_activity: string | null;
}

/** `berth user …`: accounts of the running hub. */
export function addUser(program: Command, io: Io): void {
  const user = program.command('user').description('Accounts of the running hub.');
  example(user.command('add').argument('<name>').description('Make an account with a generated password, shown once.'), 'berth user add alice --admin')
    .option('--admin', 'make it an administrator', false)
    .action((name: string, opts: { admin: boolean }) => add(io, name, opts.admin));
  example(user.command('list').description('Accounts, with those that wait for approval.'), 'berth user list --pending')
    .option('--pending', 'only those that wait for approval', false)
    .option('--json', 'as JSON', false)
    .action((opts: { pending: boolean; json: boolean }) => list(io, opts));
  example(user.command('approve').argument('<name>').description('Let somebody in who signed up.'), 'berth user approve alice').action((name: string) => post(io, name, { verb: 'approve', done: 'may sign in now' }));
  example(user.command('passwd').argument('<name>').description('Give an account a new generated password, shown once; its sessions end.'), 'berth user passwd alice').action((name: string) => resetPassword(io, name));
  example(user.command('disable').argument('<name>').description('Stop its servers and keep it out; nothing is deleted.'), 'berth user disable alice').action((name: string) => post(io, name, { verb: 'disable', done: 'is disabled' }));
  example(user.command('enable').argument('<name>').description('Let a disabled account in again.'), 'berth user enable alice').action((name: string) => post(io, name, { verb: 'enable', done: 'may sign in again' }));
  example(user.command('delete').argument('<name>').description('Delete an account; what becomes of its files has to be said.'), 'berth user delete alice --volumes keep')
    .addOption(new Option('--volumes <choice>', 'keep or remove its volumes, which hold its files').choices(['keep', 'remove']).makeOptionMandatory())
    .option('--yes', 'remove volumes without asking for the name again', false)
    .action((name: string, opts: { volumes: 'keep' | 'remove'; yes: boolean }) => remove(io, name, opts));
}

const example = (command: Command, line: string): Command => command.addHelpText('after', `\nExample:\n  ${line}`);

async function add(io: Io, name: string, admin: boolean): Promise<void> {
  const made = await hubClient(io).request<UserModel & { readonly password?: string }>('POST', userPath(name), { admin });
  tellPassword(io, made);
}

async function resetPassword(io: Io, name: string): Promise<void> {
  const got = await hubClient(io).request<{ readonly password?: string }>('POST', userPath(name, 'reset-password'));
  tellPassword(io, { name, ...got });
}

/** The sentence goes to the terminal and the password alone to standard output: `berth user add x | …` gets the password. */
function tellPassword(io: Io, made: { readonly name: string; readonly password?: string }): void {
  if (made.password === undefined) throw new HubError('internal', 'The hub did not return a password: it may be another version than this command.');
  io.note(`Password of ${printable(made.name)}, shown only now; it has to be changed at the first sign-in:`);
  io.out(made.password);
}

async function list(io: Io, opts: { readonly pending: boolean; readonly json: boolean }): Promise<void> {
  const users = (await hubClient(io).all<UserModel>('users')).filter((user) => !opts.pending || user.status === 'pending');
  if (opts.json) return io.out(JSON.stringify(users, null, 2));
  const rows = users.map((user) => [user.name, user.status ?? 'active', user.admin ? 'yes' : 'no', user.last_activity ?? 'never']);
  table(['NAME', 'STATUS', 'ADMIN', 'LAST ACTIVITY'], rows).forEach((line) => io.out(line));
}

async function post(io: Io, name: string, act: { readonly verb: string; readonly done: string }): Promise<void> {
  await hubClient(io).request('POST', userPath(name, act.verb));
  io.out(`${printable(name)} ${act.done}.`);
}

async function remove(io: Io, name: string, opts: { readonly volumes: 'keep' | 'remove'; readonly yes: boolean }): Promise<void> {
  const hub = hubClient(io);
  if (opts.volumes === 'remove' && !opts.yes) {
    const typed = await io.ask(`This deletes every file of ${printable(name)}, for good. Type the name to go on: `);
    if (typed.trim() !== name) throw new HubError('invalid-input', 'That is another name: nothing was deleted.');
  }
  await hub.request('DELETE', `${userPath(name)}?volumes=${opts.volumes}`);
  io.out(`${printable(name)} is deleted; its volumes are ${opts.volumes === 'keep' ? 'kept' : 'removed'}.`);
}
