import { LABEL } from '../../spawner/labels';
import type { LivingHub } from './killed-hubs';
import { ANY, type World } from './ledger';
import { ask, type Period, type Worker } from './load';
import { accountIs, numberedName, type Admin } from './load-admins';
import type { Person } from './load-persons';
import { createBrowser } from './login';
import { engine } from './test-engine';

interface ServerModel {
  readonly ready: boolean;
  readonly pending: string | null;
}

export interface UserModel {
  readonly name: string;
  readonly admin: boolean;
  readonly status: string;
  readonly groups: readonly string[];
  readonly servers: Readonly<Record<string, ServerModel>>;
}

interface GroupModel {
  readonly name: string;
  readonly properties: unknown;
}

export interface Staff {
  readonly persons: readonly Person[];
  readonly admins: readonly Admin[];
}

/** What the hub says there is now, in the words of each one's ledger. */
export async function look(hub: LivingHub, period: Period, { persons, admins }: Staff): Promise<ReadonlyMap<Worker, World>> {
  const [users, groups, own] = await Promise.all([usersOf(hub), hub.ask<readonly GroupModel[]>('GET', 'groups'), Promise.all(persons.map((person) => ownThings(hub, period, person)))]);
  const found = new Map<Worker, World>();
  for (const [at, person] of persons.entries()) found.set(person, { server: serverOf(users, person.name), ...own[at] });
  for (const admin of admins) found.set(admin, together([...users.flatMap((user) => accountOf(admin.name, user)), ...groups.flatMap((group) => groupOf(admin.name, group))]));
  return found;
}

export const usersOf = (hub: LivingHub): Promise<readonly UserModel[]> => hub.ask<readonly UserModel[]>('GET', 'users?include_stopped_servers=1');

function serverOf(users: readonly UserModel[], name: string): string {
  const server = users.find((user) => user.name === name)?.servers[''];
  if (server === undefined) return 'stopped';
  return server.pending !== null ? ANY : server.ready ? 'ready' : 'stopped';
}

async function ownThings(hub: LivingHub, period: Period, { name, cookies }: Person): Promise<World> {
  const [{ api_tokens: tokens }, session] = await Promise.all([hub.ask<{ readonly api_tokens: readonly { readonly note: string }[] }>('GET', `users/${name}/tokens`), isSignedIn(period, cookies)]);
  const notes = tokens.map(({ note }) => note).filter((note) => /^t\d+$/.test(note));
  return { ...together(notes.map((note) => [`token ${note}`, 'there'])), ...(session ? { session: 'open' } : {}) };
}

async function isSignedIn(period: Period, cookies: ReadonlyMap<string, string>): Promise<boolean> {
  if (cookies.size === 0) return false;
  const browser = createBrowser({ origin: period.origin, base: '/' });
  for (const [name, value] of cookies) browser.cookies.set(name, value);
  const { status } = await browser.raw('get', 'hub/api/user');
  if (status !== 200 && status !== 401 && status !== 403) throw new Error(`a session is answered with ${status}`);
  return status === 200;
}

function accountOf(admin: string, { name, admin: isAdmin, status, groups }: UserModel): readonly (readonly [string, string])[] {
  const [owner, number] = numberedName(name) ?? [];
  if (owner !== admin || number === undefined) return [];
  const members = groups.filter((group) => group.startsWith(`${admin}-g`)).map((group) => [`member ${number} ${group}`, 'yes'] as const);
  return [...Object.entries(accountIs({ number, name, admin: isAdmin, status })), ...members];
}

const groupOf = (admin: string, { name, properties }: GroupModel): readonly (readonly [string, string])[] =>
  name.startsWith(`${admin}-g`) ? [[`group ${name}`, JSON.stringify(properties)]] : [];

/** An account under two names, or a token that is there twice, is worth an error of its own. */
function together(entries: readonly (readonly [string, string])[]): World {
  const world: Record<string, string> = {};
  for (const [key, value] of entries) {
    if (key in world) throw new Error(`${key} is there twice: ${world[key]} and ${value}`);
    world[key] = value;
  }
  return world;
}

/** Running containers of labs by the id of their server, and those that were found twice. */
export interface Labs {
  readonly running: ReadonlyMap<string, string>;
  readonly twice: readonly string[];
}

export async function labsOf(run: string): Promise<Labs> {
  const containers = await engine.listContainers({ all: true, filters: { label: [`${LABEL.run}=${run}`, LABEL.server] } });
  const servers = containers.map(({ Labels }) => Labels[LABEL.server] ?? '');
  const running = new Map(containers.filter(({ State }) => State === 'running').map(({ Labels, Names }) => [Labels[LABEL.server] ?? '', Names[0]?.slice(1) ?? '']));
  return { running, twice: servers.filter((server, at) => servers.indexOf(server) !== at) };
}

/** Whether the server of somebody answers through the proxy. */
export async function isServed(period: Period, { name, token }: Person): Promise<boolean> {
  return (await ask(period, token, ['GET', `/user/${name}/api`]))?.status === 200;
}
