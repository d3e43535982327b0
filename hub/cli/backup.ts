import path from 'node:path';
import type { Command } from 'commander';
import { type Config, loadConfig } from '../config';
import { databaseOf } from '../docker-settings';
import { HubError } from '../domain/errors';
import { folderOf, listBackups, pruneBackups } from '../store/backup-files';
import { backUpFile } from '../store/backups';
import { copyBackup } from '../store/copy';
import { restoreDatabase } from '../store/restore';
import { apiOf, runningHub } from './hub-client';
import { type Io, table } from './io';

/** A large database takes a while to copy and to check. */
const LONGEST_BACKUP_MS = 900_000;

interface Made {
  readonly name: string;
  readonly bytes: number;
  readonly rows: Readonly<Record<string, number>>;
}

/** `berth backup`, `backups` and `restore`: through the running hub where there is one, and on the file itself where there is none. */
export function addBackup(program: Command, io: Io): void {
  example(program.command('backup').description('Copy the database into the folder of backups and check the copy, whether or not the hub runs.'), 'berth backup --to /mnt/elsewhere/hub.sqlite')
    .option('--to <file>', 'also to a new file, on another disk for instance')
    .option('--json', 'as JSON', false)
    .action((opts: { to?: string; json: boolean }) => backup(io, opts));
  example(program.command('backups').description('The backups that there are, newest first.'), 'berth backups')
    .option('--json', 'as JSON', false)
    .action((opts: { json: boolean }) => list(io, opts.json));
  example(program.command('restore').description('Put a backup in the place of the database. The hub must be stopped; what is there now is kept aside.'), 'berth restore state/hub.backups/hub-2026-01-31T031500000Z.sqlite')
    .argument('<file>', 'the backup')
    .option('--as-is', 'take a file whose write-ahead log is missing; what was in that is lost', false)
    .action((file: string, opts: { asIs: boolean }) => restore(io, file, opts.asIs));
}

const example = (command: Command, line: string): Command => command.addHelpText('after', `\nExample:\n  ${line}`);
const megabytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MB`;
const contents = (rows: Readonly<Record<string, number>>): string => `${rows['users'] ?? 0} users, ${rows['tokens'] ?? 0} tokens, ${rows['servers'] ?? 0} servers`;

async function backup(io: Io, opts: { readonly to?: string; readonly json: boolean }): Promise<void> {
  const { config } = loadConfig(io.env, io.cwd);
  const made = await make(io, config);
  const file = path.join(folderOf(databaseOf(config)), made.name);
  const also = opts.to === undefined ? undefined : path.resolve(io.cwd, opts.to);
  if (also !== undefined) copyBackup(file, also);
  if (opts.json) return io.out(JSON.stringify({ ...made, file, ...(also === undefined ? {} : { to: also }) }, null, 2));
  io.note(`The backup is complete and checked: ${megabytes(made.bytes)}, ${contents(made.rows)}.${also === undefined ? '' : ` A copy of it is in ${also}.`}`);
  io.out(file);
}

async function make(io: Io, config: Config): Promise<Made> {
  const local = await runningHub(config, LONGEST_BACKUP_MS);
  if (local !== undefined) return apiOf(local).request<Made>('POST', 'backups', {});
  io.note('The hub is not running: the file itself is copied.');
  const now = new Date();
  const made = await backUpFile(databaseOf(config), now);
  pruneBackups(folderOf(databaseOf(config)), config.backup.keep, now);
  const { name, bytes, rows } = made;
  return { name, bytes, rows };
}

function list(io: Io, asJson: boolean): void {
  const files = listBackups(folderOf(databaseOf(loadConfig(io.env, io.cwd).config)));
  if (asJson) return io.out(JSON.stringify(files.map(({ path: file, at, bytes }) => ({ file, at: at.toISOString(), bytes })), null, 2));
  table(['MADE', 'SIZE', 'FILE'], files.map(({ path: file, at, bytes }) => [at.toISOString(), megabytes(bytes), file])).forEach((line) => io.out(line));
}

async function restore(io: Io, file: string, asIs: boolean): Promise<void> {
  const { config } = loadConfig(io.env, io.cwd);
  if ((await runningHub(config)) !== undefined) throw new HubError('conflict', 'The hub is running. Stop it first (servers may go on), then restore, then start it again.');
  const database = databaseOf(config);
  const { rows, sessions, aside } = restoreDatabase(database, { from: path.resolve(io.cwd, file), now: new Date(), asIs });
  io.out(`${database} is restored: ${contents(rows)}.`);
  if (aside !== null) io.out(`What was there is kept as ${aside}.`);
  io.out(`Everybody signs in again (${sessions} sessions ended). Accounts, passwords and API tokens are as they were in the backup: revoke again what was revoked since. Servers that were started since are ended when the hub starts; volumes stay.`);
}
