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

/** `berth launch`, `stop` and `servers`: servers of the running hub's users. */
export function addServers(program: Command, io: Io): void {
  example(program.command('launch').argument('<user>').description('Start a user\'s server and print its address when it is ready.'), 'berth launch alice --template first_notebook')
    .option('--template <name>', 'put a copy of this template into the workspace and print the address that opens it')
    .action((user: string, opts: { template?: string }) => launch(io, user, opts.template));
  example(program.command('stop').argument('<user>').argument('[server]', 'name of a named server', '').description('Stop a user\'s server. Its files stay.'), 'berth stop alice')
    .action((user: string, server: string) => stop(io, user, server));
  example(program.command('servers').description('Servers of all users.'), 'berth servers --json')
    .option('--json', 'as JSON', false)
    .option('--why <user>', 'why this user\'s server ended, or is not well')
    .action((opts: { json: boolean; why?: string }) => (opts.why === undefined ? list(io, opts.json) : why(io, opts.why)));
}

const example = (command: Command, line: string): Command => command.addHelpText('after', `\nExample:\n  ${line}`);

async function launch(io: Io, user: string, wanted: string | undefined): Promise<void> {
  const hub = hubClient(io);
  if (wanted !== undefined) await demandTemplate(hub, wanted);
  if ((await defaultServer(hub, user))?.ready !== true) await start(io, hub, user);
  const server = await defaultServer(hub, user);
  if (server?.ready !== true) throw new HubError('conflict', `The server of ${printable(user)} was stopped meanwhile.`);
  if (wanted === undefined) return io.out(server.full_url);
  const { url } = await hub.request<{ readonly url: string }>('POST', userPath(user, 'server/template'), { template: wanted });
  io.out(new URL(url, server.full_url).href);
}

const defaultServer = async (hub: HubClient, user: string): Promise<ServerModel | undefined> => (await hub.request<UserModel>('GET', userPath(user))).servers?.[''];

async function start(io: Io, hub: HubClient, user: string): Promise<void> {
  io.note(`Starting the server of ${printable(user)}.`);
  // Returns when the server is ready, or after some seconds with the start under way.
  if ((await defaultServer(hub, user))?.pending !== 'spawn') await hub.request('POST', userPath(user, 'server'));
  if ((await defaultServer(hub, user))?.ready === true) return;
  let said = '';
  for await (const event of hub.events<ProgressEvent>(userPath(user, 'server/progress'))) {
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

async function stop(io: Io, user: string, server: string): Promise<void> {
  await hubClient(io).request('DELETE', userPath(user, server === '' ? 'server' : `servers/${escapeSegment(server)}`));
  io.out(`The server ${server === '' ? '' : `${printable(server)} `}of ${printable(user)} is stopped.`);
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
