import fs from 'node:fs';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { isForeign } from '../../auth/password/foreign';
import { createDockerSpawner } from '../../spawner/docker/docker-spawner';
import { type Config, loadConfig } from '../config';
import { customScopesOf } from '../config/declared-problems';
import { databaseOf, dockerSettings } from '../docker-settings';
import { visible } from '../domain/audit';
import { HubError } from '../domain/errors';
import type { InstanceId } from '../domain/ids';
import { type ImportReport, type JupyterHubData, type VolumePattern, volumeNameOf } from '../domain/jupyterhub';
import { VOLUME_PURPOSES, type VolumePurpose } from '../domain/volume';
import { type Logger, systemClock } from '../domain/runtime';
import { createVocabulary } from '../domain/scopes/parse';
import { DEFAULT_ROLES } from '../domain/scopes/roles';
import { createAudit } from '../services/audit';
import { countByKind, importJupyterHub } from '../services/import-jupyterhub';
import { INSTANCE, openStore } from '../store/create-store';
import { readJupyterHub } from '../store/jupyterhub-file';
import type { Store } from '../store/store';
import { type Io, table } from './io';

interface Options {
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  readonly volumes: readonly VolumePattern[];
}

/** Which of these volumes exist in the engine and belong to no hub; tests put their own in. */
export type FindVolumes = (config: Config, instance: InstanceId, names: readonly string[]) => Promise<ReadonlySet<string>>;

const USUAL: readonly VolumePattern[] = [{ purpose: 'workspace', pattern: 'jupyterhub-user-{username}' }];

/** `berth import jupyterhub`: the way here. Works on the hub's own database, so the hub must not run. */
export function addImport(program: Command, io: Io, findVolumes: FindVolumes = dockerVolumes): void {
  program
    .command('import')
    .description('Take over what another hub knew.')
    .command('jupyterhub')
    .argument('<jupyterhub.sqlite>', 'the database of the JupyterHub; it is only read')
    .description('Users, administrators, groups, roles, passwords (NativeAuthenticator), approval, tokens and volumes. Shows what it would do, and asks.')
    .option('--dry-run', 'only show what it would do', false)
    .option('--yes', 'do it without asking', false)
    .option('--json', 'the report as JSON', false)
    .option('--volumes <pattern>', 'how volumes were called, as [home=|workspace=|cache=]PATTERN; may be repeated; `none` adopts none (default: workspace=jupyterhub-user-{username})', patterns, [])
    .addHelpText('after', '\nThe hub must not run meanwhile; its servers may.\n\nExamples:\n  berth import jupyterhub /srv/jupyterhub/jupyterhub.sqlite --dry-run\n  berth import jupyterhub jupyterhub.sqlite --volumes home=jupyterlab-{username}_home')
    .action((file: string, opts: Options) => run(io, { file, opts, findVolumes }));
}

const NONE = 'none';

function patterns(given: string, before: readonly VolumePattern[]): readonly VolumePattern[] {
  if (given === NONE) return [...before, { purpose: 'workspace', pattern: NONE }];
  const [, named, pattern = ''] = /^(?:(home|workspace|cache)=)?(.*)$/.exec(given) ?? [];
  const rest = pattern.replaceAll('{username}', '').replaceAll('{raw_username}', '');
  if (rest === pattern || /[{}]/.test(rest)) throw new InvalidArgumentError(`Use a name with {username} or {raw_username} in it, and nothing else in braces; before it, ${VOLUME_PURPOSES.join(', ')} and "=".`);
  const purpose = (named ?? 'workspace') as VolumePurpose;
  if (before.some((one) => one.purpose === purpose)) throw new InvalidArgumentError(`There can be one pattern for each purpose, and there are two for ${purpose}.`);
  return [...before, { purpose, pattern }];
}

async function run(io: Io, { file, opts, findVolumes }: { readonly file: string; readonly opts: Options; readonly findVolumes: FindVolumes }): Promise<void> {
  const { config } = loadConfig(io.env, io.cwd);
  const data = readJupyterHub(path.resolve(io.cwd, file));
  const wanted = opts.volumes.length === 0 ? USUAL : opts.volumes.filter(({ pattern }) => pattern !== NONE);
  // Somebody who only looks leaves no database behind.
  const database = databaseOf(config);
  const store = openStore(opts.dryRun && !fs.existsSync(database) ? ':memory:' : database);
  try {
    const volumes = await findVolumes(config, store.meta.get(INSTANCE) as InstanceId, candidates(data, wanted));
    const act = (dryRun: boolean): ImportReport => importInto(store, config, { data, patterns: wanted, volumes, dryRun });
    const before = act(true);
    if (!opts.json || (!opts.dryRun && !opts.yes)) tell(io, before);
    if (opts.dryRun) return opts.json ? io.out(JSON.stringify(before, null, 2)) : io.out('This was a dry run: nothing was changed.');
    if (before.came.length > 0 && !opts.yes) await confirm(io);
    const done = act(false);
    if (opts.json) return io.out(JSON.stringify(done, null, 2));
    io.out(done.came.length === 0 ? 'There was nothing left to bring over: nothing was changed.' : 'Done. Start the hub with `npm start`.');
  } finally {
    store.close();
  }
}

async function confirm(io: Io): Promise<void> {
  const typed = await io.ask('Type yes to bring this over: ');
  if (typed.trim().toLowerCase() !== 'yes') throw new HubError('invalid-input', 'Nothing was changed.');
}

const candidates = (data: JupyterHubData, wanted: readonly VolumePattern[]): readonly string[] =>
  [...data.users, ...(data.accounts ?? [])].flatMap(({ name }) => wanted.flatMap((pattern) => volumeNameOf(pattern, name) ?? []));

const LOCAL = { kind: 'local', id: 'local', name: 'local', via: 'local', credential: 'local' } as const;
const quiet = (): void => {};
const SILENT: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet, child: () => SILENT };

function importInto(store: Store, config: Config, ask: { readonly data: JupyterHubData; readonly patterns: readonly VolumePattern[]; readonly volumes: ReadonlySet<string>; readonly dryRun: boolean }): ImportReport {
  const audit = createAudit({ store, clock: systemClock, log: SILENT, keepMs: 0 });
  try {
    // A database that no hub has opened yet has none; the hub puts the same ones in at every start.
    for (const role of DEFAULT_ROLES) if (store.roles.byName(role.name) === undefined) store.roles.put(role);
    const deps = { store, clock: systemClock, audit, knowsHash: isForeign, maxTokenMs: config.token.maxLifetime, declaredGroups: new Set([...config.groups.map((group) => group.name), ...config.builtInGroups]), vocabulary: createVocabulary(customScopesOf(config.customScopes)) };
    return importJupyterHub(deps, ask.data, { ...ask, actor: LOCAL });
  } finally {
    audit.close();
  }
}

function tell(io: Io, report: ImportReport): void {
  const counts = Object.entries(countByKind(report.came)).map(([kind, count]) => `${count} ${kind}${count === 1 ? '' : 's'}`);
  io.out(counts.length === 0 ? 'Nothing would come over.' : `Comes over: ${counts.join(', ')}.`);
  table(['WHAT', 'NAME', ''], report.came.map((line) => [line.kind, visible(line.name), visible(line.detail)])).slice(report.came.length === 0 ? 1 : 0).forEach((line) => io.out(line));
  if (report.unchanged > 0) io.out(`Here already, and left as it is: ${report.unchanged}.`);
  if (report.left.length === 0) return;
  io.out('');
  io.out('Does not come over, or not as it was:');
  table(['WHAT', 'NAME', 'WHY'], report.left.map((line) => [line.kind, visible(line.name), visible(line.detail)])).forEach((line) => io.out(line));
}

const dockerVolumes: FindVolumes = async (config, instance, names) => {
  if (config.spawner !== 'docker' || names.length === 0) return new Set();
  const spawner = createDockerSpawner(dockerSettings(config, instance), { clock: systemClock, log: SILENT });
  try {
    return await spawner.unclaimed(names);
  } finally {
    await spawner.close();
  }
};
