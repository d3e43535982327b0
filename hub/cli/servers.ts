import type { Command } from 'commander';
import { HubError } from '../domain/errors';
import { escapeSegment } from '../urls';
import { hubClient, userPath, type HubClient } from './hub-client';
import { type Io, printable, table } from './io';
import { why } from './server-life';

interface ServerModel {
  readonly name: string;
  readonly ready: boolean;
  readonly stopped: boolean;
  readonly pending: string | null;
  readonly started: string | null;
  readonly last_activity: string | null;
  readonly full_url: string;
  /** Only on the local socket. */
  readonly berth?: { readonly state: string; readonly profile: string | null };
}

interface UserModel {
  readonly name: string;
  readonly servers?: Readonly<Record<string, ServerModel>>;
}

interface ProgressEvent {
  readonly progress: number;
  readonly message: string;
  readonly ready?: boolean;
  readonly failed?: boolean;
}

/** `berth launch`, `stop`, `profile` and `servers`: servers of the running hub's users. */
export function addServers(program: Command, io: Io): void {
  example(named(program.command('launch').argument('<user>')).description('Start a user\'s server and print its address when it is ready.'), 'berth launch alice --template first_notebook')
    .option('--profile <slug>', 'with this profile (default: the one that it had, or the first one)')
    .option('--template <name>', 'put a copy of this template into the workspace and print the address that opens it')
    .action((user: string, server: string, opts: LaunchOptions) => launch(io, { user, server }, opts));
  example(named(program.command('stop').argument('<user>')).description('Stop a user\'s server. Its volumes stay.'), 'berth stop alice')
    .action((user: string, server: string) => stop(io, { user, server }));
  example(named(program.command('profile').argument('<slug>').argument('<user>')).description('Give a stopped server another profile for its next start.'), 'berth profile large alice')
    .action((profile: string, user: string, server: string) => changeProfile(io, { user, server }, profile));
  example(program.command('servers').description('Servers of all users.'), 'berth servers --json')
    .option('--json', 'as JSON', false)
    .option('--why <user>', 'why this user\'s server ended, or is not well')
    .option('--server <name>', 'with --why: a named server', '')
    .action((opts: { json: boolean; why?: string; server: string }) => (opts.why === undefined ? list(io, opts.json) : why(io, opts.why, opts.server)));
}

const example = (command: Command, line: string): Command => command.addHelpText('after', `\nExample:\n  ${line}`);
const named = (command: Command): Command => command.argument('[server]', 'name of a named server', '');

interface LaunchOptions {
  readonly template?: string;
  readonly profile?: string;
}

interface Which {
  readonly user: string;
  /** Empty for the default one. */
  readonly server: string;
}

const called = ({ user, server }: Which): string => `server ${server === '' ? '' : `${printable(server)} `}of ${printable(user)}`;
const pathOf = ({ user, server }: Which, rest = ''): string => userPath(user, `${server === '' ? 'server' : `servers/${escapeSegment(server)}`}${rest}`);

async function launch(io: Io, which: Which, { template: wanted, profile }: LaunchOptions): Promise<void> {
  const hub = hubClient(io);
  if (wanted !== undefined) await demandTemplate(hub, wanted);
  const before = await serverAt(hub, which);
  if (before?.ready !== true) await start(io, hub, { which, profile });
  else if (profile !== undefined && profile !== before.berth?.profile) throw new HubError('conflict', `The ${called(which)} is running already. Give it the profile with: berth recreate ${printable(which.user)} --profile ${printable(profile)}`);
  const server = await serverAt(hub, which);
  if (server?.ready !== true) throw new HubError('conflict', `The ${called(which)} was stopped meanwhile.`);
  if (wanted === undefined) return io.out(server.full_url);
  const { url } = await hub.request<{ readonly url: string }>('POST', pathOf(which, '/template'), { template: wanted });
  io.out(new URL(url, server.full_url).href);
}

const serverAt = async (hub: HubClient, { user, server }: Which): Promise<ServerModel | undefined> => (await hub.request<UserModel>('GET', userPath(user))).servers?.[server];

async function start(io: Io, hub: HubClient, { which, profile }: { readonly which: Which; readonly profile: string | undefined }): Promise<void> {
  io.note(`Starting the ${called(which)}.`);
  // Returns when the server is ready, or after some seconds with the start under way.
  if ((await serverAt(hub, which))?.pending !== 'spawn') await hub.request('POST', pathOf(which), profile === undefined ? undefined : { profile });
  if ((await serverAt(hub, which))?.ready === true) return;
  let said = '';
  for await (const event of hub.events<ProgressEvent>(pathOf(which, '/progress'))) {
    if (event.failed === true) throw new HubError('spawn-failed', event.message);
    if (event.ready === true) return;
    if (event.message !== said) io.note(`${String(event.progress).padStart(3)} %  ${printable(event.message)}`);
    said = event.message;
  }
}

/** Before anything is started for it. */
async function demandTemplate(hub: HubClient, slug: string): Promise<void> {
  const all = await hub.request<readonly { readonly slug: string }[]>('GET', 'templates');
  if (!all.some((template) => template.slug === slug)) throw new HubError('not-found', `Invalid template: ${printable(slug)}. There are: ${all.map((template) => template.slug).join(', ') || 'none'}.`);
}

async function stop(io: Io, which: Which): Promise<void> {
  await hubClient(io).request('DELETE', pathOf(which));
  io.out(`The ${called(which)} is stopped.`);
}

async function changeProfile(io: Io, which: Which, profile: string): Promise<void> {
  await hubClient(io).request('PATCH', pathOf(which), { user_options: { profile } });
  io.out(`The ${called(which)} starts with the profile ${printable(profile)} from now on.`);
}

async function list(io: Io, json: boolean): Promise<void> {
  const users = await hubClient(io).all<UserModel>('users', { include_stopped_servers: '1' });
  const servers = users.flatMap((user) => Object.values(user.servers ?? {}).map((server) => ({
    user: user.name, server: server.name, state: server.berth?.state ?? stateOf(server), since: server.started, profile: server.berth?.profile ?? null, last_activity: server.last_activity,
  })));
  if (json) return io.out(JSON.stringify(servers, null, 2));
  const rows = servers.map((row) => [row.user, row.server === '' ? '-' : row.server, row.state, row.since ?? '-', row.profile ?? '-', row.last_activity ?? 'never']);
  table(['USER', 'SERVER', 'STATE', 'SINCE', 'PROFILE', 'LAST ACTIVITY'], rows).forEach((line) => io.out(line));
}

const stateOf = (server: ServerModel): string => (server.ready ? 'ready' : server.stopped ? 'stopped' : server.pending === 'stop' ? 'stopping' : 'starting');
