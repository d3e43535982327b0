import fs from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../config';
import { HubError } from '../domain/errors';
import { loadTemplates, type Template } from '../services/templates';
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
    .option('--template <name>', 'put this template into the workspace, unless it is there, and print the address that opens it')
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
  const template = wanted === undefined ? undefined : templateCalled(io, wanted);
  const hub = hubClient(io);
  const before = await serverAt(hub, which);
  if (before?.ready !== true) await start(io, hub, { which, profile });
  else if (profile !== undefined && profile !== before.berth?.profile) throw new HubError('conflict', `The ${called(which)} is running already. Give it the profile with: berth recreate ${printable(which.user)} --profile ${printable(profile)}`);
  const server = await serverAt(hub, which);
  if (server?.ready !== true) throw new HubError('conflict', `The ${called(which)} was stopped meanwhile.`);
  io.out(template === undefined ? server.full_url : await putTemplate(hub, { user: which.user, server, template }));
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

function templateCalled(io: Io, slug: string): Template {
  const all = loadTemplates(loadConfig(io.env, io.cwd).config.paths.templates);
  const found = all.find((template) => template.slug === slug);
  if (found === undefined) throw new HubError('not-found', `There is no template ${printable(slug)}. There are: ${all.map((template) => template.slug).join(', ') || 'none'}.`);
  return found;
}

const TOKEN_SECONDS = 60;

/** Through the server's own API, as a browser would: the notebook belongs to its user from the first moment. What is there is never replaced. */
async function putTemplate(hub: HubClient, { user, server, template }: { readonly user: string; readonly server: ServerModel; readonly template: Template }): Promise<string> {
  const name = `${template.slug}${path.extname(template.notebook)}`;
  const made = await hub.request<{ readonly id: string; readonly token: string }>('POST', userPath(user, 'tokens'), { note: 'berth launch', expires_in: TOKEN_SECONDS, scopes: ['access:servers!user'] });
  try {
    const place = `${server.full_url}api/contents/${escapeSegment(name)}`;
    const headers = { authorization: `token ${made.token}`, 'content-type': 'application/json' };
    const there = await ask(`${place}?content=0`, { headers });
    if (there.status === 404) {
      const content: unknown = JSON.parse(fs.readFileSync(template.notebook, 'utf8'));
      const put = await ask(place, { method: 'PUT', headers, body: JSON.stringify({ type: 'notebook', format: 'json', content }) });
      if (!put.ok) throw new HubError('upstream-failed', `The server did not take the template (${put.status}).`);
    } else if (!there.ok) throw new HubError('upstream-failed', `The server did not say whether the template is there (${there.status}).`);
  } finally {
    await hub.request('DELETE', userPath(user, `tokens/${escapeSegment(made.id)}`));
  }
  return `${server.full_url}lab/tree/${escapeSegment(name)}`;
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TOKEN_SECONDS * 1000) });
  } catch (err) {
    throw new HubError('unavailable', `The server runs, but ${new URL(url).origin} cannot be reached from here to put the template into it.`, { cause: err });
  }
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
