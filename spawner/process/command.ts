import path from 'node:path';
import { HubError } from '../../hub/domain/errors';
import { completed } from '../../hub/domain/images';
import { jupyterArgv } from '../../hub/domain/layouts';
import type { OfferedProfile } from '../../hub/domain/profile';
import type { SpawnRequest } from '../spawner';
import type { UserFolders } from './folders';
import { MARK, type ProcessSettings } from './settings';

/** What the spawner decides about address and place, whatever a profile says: as jupyter-server spells it, with its short forms. */
const OURS = ['ip', 'port', 'port-retries', 'sock', 'notebook-dir', 'allow-root', 'ServerApp.ip', 'ServerApp.port', 'ServerApp.port_retries', 'ServerApp.sock', 'ServerApp.root_dir', 'ServerApp.notebook_dir', 'ServerApp.allow_root'];
const SWITCHES = ['allow-root', 'no-browser'];

/**
 * Subcommand and arguments of `jupyter`. Only Jupyter can be told to stay on this machine's own address, so a profile that starts
 * something else is refused with a `HubError`. The secret is never here: every account of the machine can read command lines.
 */
export function labArguments(request: Pick<SpawnRequest, 'profile' | 'prefix'>, { port, workspace }: { readonly port: number; readonly workspace: string }): readonly string[] {
  const { profile, prefix } = request;
  const [, subcommand = '', ...given] = argvOf(profile);
  const rest = withoutOurs(given).map((arg) => arg.replaceAll('{prefix}', prefix).replaceAll('{port}', String(port)));
  return [subcommand, ...rest, '--ip=127.0.0.1', `--port=${port}`, '--ServerApp.port_retries=0', `--ServerApp.root_dir=${workspace}`];
}

/** The subcommand of `jupyter` that a profile starts. Throws as `labArguments` does. */
export const subcommandOf = (profile: OfferedProfile): string => argvOf(completed(profile, null))[1] ?? '';

function argvOf(profile: SpawnRequest['profile']): readonly string[] {
  const argv = profile.argv.length === 0 ? jupyterArgv('lab', profile.layout) : profile.argv;
  if (argv[0] === 'jupyter' && /^[a-z]+$/.test(argv[1] ?? '') && profile.mode === 'injected') return argv;
  throw new HubError('spawn-failed', `The profile ${profile.title} does not start "jupyter lab" or "jupyter server": without containers nothing else can be started.`);
}

function withoutOurs(args: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const [name = ''] = arg.replace(/^--/, '').split('=');
    if (!arg.startsWith('--') || !OURS.includes(name)) kept.push(arg);
    // `--ip 0.0.0.0`: the value is an argument of its own.
    else if (!arg.includes('=') && !SWITCHES.includes(name) && args[i + 1]?.startsWith('--') === false) i += 1;
  }
  return kept;
}

/** The complete environment: what this machine's programs need, what the hub tells a lab, and the lab's own folders in place of a container's. */
export function labVariables(request: Pick<SpawnRequest, 'env'>, settings: ProcessSettings, { run, runtime, folders }: { readonly run: string; readonly runtime: string; readonly folders: UserFolders }): Readonly<Record<string, string>> {
  const { PYTHONPATH: _container, DATA_PATH: _none, ...told } = request.env;
  const onPath = [settings.appDir, settings.env['PYTHONPATH']].filter((entry) => entry !== null && entry !== undefined && entry !== '').join(path.delimiter);
  const { HOME: ownHome } = settings.env;
  return {
    // Programs that were installed for this account alone are looked for below its own home.
    ...(ownHome === undefined ? {} : { PYTHONUSERBASE: path.join(ownHome, '.local') }),
    ...settings.env,
    ...told,
    ...(onPath === '' ? {} : { PYTHONPATH: onPath }),
    ...(settings.hostDataDir === null ? {} : { DATA_PATH: settings.hostDataDir }),
    PYTHONUNBUFFERED: '1',
    HOME: folders.home,
    XDG_CACHE_HOME: folders.cache,
    MPLCONFIGDIR: path.join(folders.cache, 'matplotlib'),
    JUPYTER_RUNTIME_DIR: runtime,
    [MARK]: run,
  };
}
