import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { createEngine } from '../../spawner/docker-filter/engine';
import { createFilter } from '../../spawner/docker-filter/filter';
import type { Pin } from '../../spawner/docker-filter/ownership';
import { DOCKER_DEFAULTS } from '../../spawner/docker/settings';
import { HubError } from '../domain/errors';
import { createLog } from '../log';
import type { Io } from './io';

interface Options {
  readonly listen: string;
  readonly engine: string;
  readonly state: string;
  readonly hubService?: string;
  readonly folder: readonly string[];
  readonly volume: readonly string[];
  readonly pool: string;
}

const more = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** `berth docker-filter`: a socket for the hub, behind which only a hub's few verbs reach the engine. Stays until it is told to end. */
export function addDockerFilter(program: Command, io: Io): void {
  program
    .command('docker-filter')
    .description('Stand between a hub and the Docker socket: only what a hub needs, only on its own things.')
    .requiredOption('--listen <socket>', 'socket for the hub (its DOCKER_HOST)')
    .option('--engine <socket>', 'socket of the engine', '/var/run/docker.sock')
    .requiredOption('--state <file>', 'where it remembers which hub it serves; the hub must not be able to write there')
    .option('--hub-service <name>', 'the hub runs in a container too: as this service of the same Compose project')
    .option('--folder <path>', 'folder of the host that servers may see read-only (repeatable)', more, [])
    .option('--volume <name>', 'volume without the hub\'s label that servers may mount (repeatable)', more, [])
    .option('--pool <range>', 'IPv4 range that the hub may cut networks from (its HUB_DOCKER_NETWORK_POOL)', DOCKER_DEFAULTS.networkPool)
    .addHelpText('after', '\nExample:\n  berth docker-filter --listen /run/berth/docker.sock --state /state/instance --folder /srv/templates')
    .action((options: Options) => serve(options, io));
}

async function serve(options: Options, io: Io): Promise<void> {
  const log = createLog({ level: 'info', file: null });
  const hub = options.hubService === undefined ? null : await labelsOfService(options.engine, options.hubService);
  const filter = createFilter({ engineSocket: options.engine, allowed: { hub, folders: options.folder, volumes: options.volume, pools: [options.pool] }, pin: pinIn(options.state), log });
  // A socket that an earlier one left behind; anything else in the way is not ours to remove.
  if (fs.lstatSync(options.listen, { throwIfNoEntry: false })?.isSocket() === true) fs.rmSync(options.listen);
  await new Promise<void>((resolve, reject) => {
    filter.once('error', (err) => reject(new HubError('unavailable', `The filter cannot listen on ${options.listen}: ${err.message}`, { cause: err })));
    filter.listen(options.listen, resolve);
  });
  // Whoever may open the folder and belongs to its group may ask; the folder is shared with the hub alone.
  fs.chmodSync(options.listen, 0o660);
  io.note(`The filter listens on ${options.listen}.`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  const closed = new Promise<void>((resolve) => filter.close(() => resolve()));
  filter.closeAllConnections();
  await closed;
}

const PROJECT = 'com.docker.compose.project';

/** A container's host name is its id, unless somebody chose another. */
async function labelsOfService(engineSocket: string, service: string): Promise<readonly string[]> {
  const own = (await createEngine(engineSocket).ask(`/containers/${os.hostname()}/json`)) as { readonly Config?: { readonly Labels?: Readonly<Record<string, string>> } } | null;
  const project = own?.Config?.Labels?.[PROJECT];
  if (project === undefined) throw new HubError('invalid-input', 'The filter does not run in a Compose project, so it cannot find the hub\'s service in one.');
  return [`${PROJECT}=${project}`, `com.docker.compose.service=${service}`];
}

/** Trusted at first sight, and from then on: a hub that is taken over later cannot say that it is another one. */
function pinIn(file: string): Pin {
  let pinned = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() || null : null;
  return {
    get: () => pinned,
    set: (instance) => {
      fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      fs.writeFileSync(file, `${instance}\n`, { mode: 0o600, flag: 'wx' });
      pinned = instance;
    },
  };
}
