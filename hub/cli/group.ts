import fs from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { HubError } from '../domain/errors';
import { hubClient, userPath } from './hub-client';
import { type Io, printable, table } from './io';

interface GroupModel {
  readonly name: string;
  readonly members: readonly string[];
  readonly policy: Readonly<Record<string, { readonly on: boolean }>>;
}

interface GroupsFile {
  readonly groups: readonly GroupModel[];
}

interface Outdated {
  readonly user: string;
  readonly server: string;
  readonly sections: readonly string[];
}

interface ImportModel {
  readonly applied: boolean;
  readonly groups: readonly { readonly name: string; readonly what: string; readonly policy: boolean; readonly joined: readonly string[]; readonly left: readonly string[] }[];
  readonly restart: readonly Outdated[];
}

interface Granted {
  readonly value: unknown;
  readonly from: readonly string[];
}

/** `berth group`: what groups give, as a list, as a file, and for one user. */
export function addGroup(program: Command, io: Io): void {
  const section = program.command('group').description('Groups: what they give to whom, export and import.');
  section.command('list').description('Groups by priority, their members and what they give.').option('--json', 'as JSON', false)
    .action(({ json }: { readonly json: boolean }) => list(io, json));
  section.command('export').argument('[file]', 'where to write it; standard output unless given').description('All groups with members, order and policies, as JSON. Values of variables are in it.')
    .action((file: string | undefined) => exported(io, file));
  section.command('import').argument('<file>', 'what an export wrote').option('--dry-run', 'only say what would happen', false).description('Make and change groups as a file says: all of it, or nothing.')
    .action((file: string, { dryRun }: { readonly dryRun: boolean }) => imported(io, file, dryRun));
  section.command('explain').argument('<user>').description('What a user gets, and from which groups.').option('--json', 'as JSON', false)
    .action((user: string, { json }: { readonly json: boolean }) => explain(io, user, json));
}

const commas = (names: readonly string[]): string => (names.length === 0 ? '-' : names.join(', '));

async function list(io: Io, json: boolean): Promise<void> {
  const { groups } = await hubClient(io).request<GroupsFile>('GET', 'group-policies');
  if (json) return io.out(JSON.stringify(groups, null, 2));
  const gives = ({ policy }: GroupModel): string => commas(Object.entries(policy).filter(([, { on }]) => on).map(([name]) => name));
  table(['PRIORITY', 'GROUP', 'MEMBERS', 'GIVES'], groups.map((group, i) => [String(i + 1), group.name, String(group.members.length), gives(group)])).forEach((line) => io.out(line));
}

async function exported(io: Io, file: string | undefined): Promise<void> {
  const text = JSON.stringify(await hubClient(io).request('GET', 'group-policies'), null, 2);
  if (file === undefined) return io.out(text);
  // Values of variables are in it.
  fs.writeFileSync(path.resolve(io.cwd, file), `${text}\n`, { mode: 0o600 });
  io.note(`Written to ${printable(file)}.`);
}

async function imported(io: Io, file: string, dryRun: boolean): Promise<void> {
  const done = await hubClient(io).request<ImportModel>('PUT', `group-policies${dryRun ? '?dry_run=true' : ''}`, readJson(path.resolve(io.cwd, file)));
  table(['GROUP', 'WHAT', 'POLICY', 'JOIN', 'LEAVE'], done.groups.map((row) => [row.name, row.what, row.policy ? 'changed' : '-', commas(row.joined), commas(row.left)])).forEach((line) => io.out(line));
  done.restart.forEach(({ user, server, sections }) => io.note(`${printable(user)}${server === '' ? '' : `/${printable(server)}`} runs with an older policy (${sections.join(', ')}) until it is started anew.`));
  io.note(done.applied ? 'Done.' : 'Nothing was changed: this was a rehearsal.');
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (err) {
    if (err instanceof SyntaxError) throw new HubError('invalid-input', `${printable(file)} is not JSON: ${err.message}`, { cause: err });
    throw err;
  }
}

async function explain(io: Io, user: string, json: boolean): Promise<void> {
  const { outdated, ignored, ...policy } = await hubClient(io).request<Readonly<Record<string, Granted | readonly Granted[]>> & { readonly outdated: readonly Outdated[]; readonly ignored: readonly string[] }>('GET', userPath(user, 'policy'));
  if (json) return io.out(JSON.stringify({ ...policy, outdated, ignored }, null, 2));
  const rows = Object.entries(policy).flatMap(([what, granted]) => (isList(granted) ? granted : [granted as Granted]).map(({ value, from }) => [what, valueText(value), from.length === 0 ? '-' : `group ${from.join(', ')}`]));
  table(['WHAT', 'VALUE', 'FROM'], rows).forEach((line) => io.out(line));
  outdated.forEach(({ server, sections }) => io.note(`The ${server === '' ? 'default server' : `server ${printable(server)}`} runs with an older policy (${sections.join(', ')}) until it is started anew.`));
}

const isList = (granted: Granted | readonly Granted[]): granted is readonly Granted[] => Array.isArray(granted);
const valueText = (value: unknown): string => (value === null ? 'as the profile says' : typeof value === 'object' ? JSON.stringify(value) : String(value));
