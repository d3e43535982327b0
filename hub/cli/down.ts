import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { createDockerSpawner } from '../../spawner/docker/docker-spawner';
import { createProcessSpawner } from '../../spawner/process/process-spawner';
import { type Config, loadConfig } from '../config';
import { databaseOf, dockerSettings } from '../docker-settings';
import { HubError } from '../domain/errors';
import type { InstanceId } from '../domain/ids';
import { type Logger, systemClock } from '../domain/runtime';
import { INSTANCE, openStore } from '../store/create-store';
import { processSettings } from '../process-settings';
import { runningHub } from './hub-client';
import type { Io } from './io';

interface DownOptions {
  readonly data: boolean;
  readonly yesDeleteData?: string;
}

/** What `down` does to the world; tests put their own in. */
export interface Teardown {
  /** Servers, networks and firewall rules of one instance; volumes only when asked. */
  removeAll(config: Config, instance: InstanceId, opts: { readonly volumes: boolean; readonly note: (line: string) => void }): Promise<void>;
}

/** `berth down`: the opposite of `npm start`. */
export function addDown(program: Command, io: Io, teardown: Teardown = dockerTeardown): void {
  program
    .command('down')
    .description('Stop the hub and remove its servers, networks and firewall rules. Data stays unless it is asked for and confirmed.')
    .option('--data', 'also delete the hub\'s state and every volume, with all files of all users', false)
    .option('--yes-delete-data <name>', 'the confirmation, typed beforehand: the name of this hub')
    .addHelpText('after', '\nThe name of a hub is its public URL without http(s)://.\n\nExamples:\n  berth down\n  berth down --data --yes-delete-data localhost:8000')
    .action((opts: DownOptions) => down(io, opts, teardown));
}

/** The name that has to be typed: what its users know it by. */
export const nameOf = (config: Config): string => config.publicUrl.replace(/^https?:\/\//, '').replace(/\/$/, '');

async function down(io: Io, opts: DownOptions, teardown: Teardown): Promise<void> {
  const { config } = loadConfig(io.env, io.cwd);
  if (opts.data) await confirm(io, nameOf(config), opts.yesDeleteData);
  else if (opts.yesDeleteData !== undefined) throw new HubError('invalid-input', '--yes-delete-data confirms --data, which is missing: nothing was done.');
  await stopHub(io, config);
  if (!fs.existsSync(databaseOf(config))) {
    io.out(`There is no hub in ${config.dataDir}: nothing to remove.`);
    return;
  }
  await teardown.removeAll(config, instanceOf(config), { volumes: opts.data, note: (line) => io.note(line) });
  io.out('Servers, networks and firewall rules are removed.');
  if (opts.data) removeState(io, config.dataDir);
  else io.out(`Volumes and ${config.dataDir} are kept; \`berth down --data\` deletes them too.`);
}

async function confirm(io: Io, name: string, given: string | undefined): Promise<void> {
  const typed = given ?? (await io.ask(`This deletes the hub's state and all files of all users, for good. Type ${name} to go on: `));
  if (typed.trim() !== name) throw new HubError('invalid-input', `That is not the name of this hub (${name}): nothing was done.`);
}

async function stopHub(io: Io, config: Config): Promise<void> {
  // Only who answers on the socket is told to stop: the number in a leftover file may by now be anybody's.
  const info = (await runningHub(config))?.info;
  if (info === undefined) return io.note('The hub is not running.');
  io.note(`Stopping the hub (process ${info.pid}).`);
  try {
    process.kill(info.pid, 'SIGTERM');
  } catch (err) {
    throw new HubError('forbidden', `The hub answers, but process ${info.pid} cannot be told to stop from here. It may run in a container or as another account: stop it there, then repeat this.`, { cause: err });
  }
  await gone(info.pid);
}

const LONGEST_STOP_MS = 30_000;

async function gone(pid: number): Promise<void> {
  for (const started = performance.now(); performance.now() - started < LONGEST_STOP_MS; await wait(50)) if (!alive(pid)) return;
  throw new HubError('unavailable', `The hub (process ${pid}) did not stop within ${LONGEST_STOP_MS / 1000} s; its log says why. Nothing was removed.`);
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Opening the store also proves that no hub uses it any more. */
function instanceOf(config: Config): InstanceId {
  const store = openStore(databaseOf(config));
  try {
    return store.meta.get(INSTANCE) as InstanceId;
  } finally {
    store.close();
  }
}

/** Takes its own files only: the folder was named by a setting, and a setting can name a home directory. */
function removeState(io: Io, dataDir: string): void {
  const entries = fs.readdirSync(dataDir);
  for (const entry of entries.filter((name) => name.startsWith('hub.'))) fs.rmSync(path.join(dataDir, entry), { recursive: true, force: true });
  const rest = entries.filter((name) => !name.startsWith('hub.'));
  if (rest.length === 0) removeFolder(dataDir);
  io.out(rest.length === 0 ? `Volumes and ${dataDir} are deleted.` : `Volumes and the hub's state are deleted. ${dataDir} still holds ${rest.join(', ')}, which the hub's database is no part of.`);
}

/** A volume of the hub's own container is a mount point, which stays, empty. */
function removeFolder(folder: string): void {
  try {
    fs.rmdirSync(folder);
  } catch (err) {
    if (!['EBUSY', 'EROFS', 'EACCES'].includes((err as NodeJS.ErrnoException).code ?? '')) throw err;
  }
}

const dockerTeardown: Teardown = {
  removeAll: async (config, instance, { volumes, note }) => {
    if (config.spawner === 'fake') return;
    const quiet = (): void => {};
    const say = (fields: Readonly<Record<string, unknown>>, message: string): void => note(typeof fields.detail === 'string' ? `${message}: ${fields.detail}` : message);
    const log: Logger = { debug: quiet, info: quiet, warn: say, error: say, child: () => log };
    const deps = { clock: systemClock, log };
    const spawner = config.spawner === 'process' ? createProcessSpawner(processSettings(config, instance), deps) : createDockerSpawner(dockerSettings(config, instance), deps);
    try {
      await spawner.tearDown({ volumes });
    } finally {
      await spawner.close();
    }
  },
};
