import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { HubError } from '../../hub/domain/errors';
import type { ProcessSettings } from './settings';

const run = promisify(execFile);
const VERSION_MS = 30_000;

const INSTRUCTION = 'Install JupyterLab for your account, for example with "python3 -m venv ~/jupyter && ~/jupyter/bin/pip install jupyterlab", put it on the PATH ("export PATH=~/jupyter/bin:$PATH"), and start the hub again. Or run labs in containers: leave the setting spawner at docker.';

/** Absolute path of `jupyter`. Throws `HubError('unavailable')` with what to do, when it or one of its subcommands is not on the PATH. */
export function findJupyter({ env, subcommands }: Pick<ProcessSettings, 'env' | 'subcommands'>): string {
  const folders = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const find = (program: string): string | undefined => folders.map((folder) => path.join(folder, program)).find(mayRun);
  const jupyter = find('jupyter');
  if (jupyter === undefined) throw new HubError('unavailable', `Labs cannot be started: there is no program "jupyter" on the PATH. ${INSTRUCTION}`);
  const missing = subcommands.filter((subcommand) => find(`jupyter-${subcommand}`) === undefined);
  if (missing.length > 0) throw new HubError('unavailable', `Labs cannot be started: "jupyter ${missing.join('" and "jupyter ')}" is not installed beside ${jupyter}. ${INSTRUCTION}`);
  return jupyter;
}

function mayRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Not there, or not to be run: the next folder may have it.
    return false;
  }
}

/** As the program itself tells it; null: it does not start. */
export async function versionOf(jupyter: string, subcommand: string, env: ProcessSettings['env']): Promise<string | null> {
  try {
    const { stdout } = await run(jupyter, [subcommand, '--version'], { env, timeout: VERSION_MS });
    return stdout.trim().slice(0, 50);
  } catch {
    // Whatever it is, it cannot start a lab.
    return null;
  }
}
