import { toHubError } from '../../hub/domain/errors';
import type { Clock } from '../../hub/domain/runtime';
import type { CheckRow, SpawnerCheck } from '../spawner';
import { findJupyter, versionOf } from './jupyter';
import { NO_ISOLATION, type ProcessSettings } from './settings';

export interface Checks {
  check(): Promise<SpawnerCheck>;
  guard(): Promise<CheckRow>;
}

/** What can be said of labs without containers: whether Jupyter is there, and that nothing keeps them apart. Never rejects. */
export function createChecks(settings: ProcessSettings, clock: Clock): Checks {
  /** What the last whole look found, so that the quick one says the same. */
  let version = '';

  function jupyterRow(): CheckRow {
    const began = clock.monotonicMs();
    const row = { name: 'jupyter', level: 'required' as const };
    try {
      const jupyter = findJupyter(settings);
      return { ...row, ok: true, detail: `${jupyter}${version === '' ? '' : ` (${version})`} starts labs.`, ms: Math.round(clock.monotonicMs() - began) };
    } catch (err) {
      return { ...row, ok: false, detail: toHubError(err).message, ms: Math.round(clock.monotonicMs() - began) };
    }
  }

  async function jupyterStarts(): Promise<CheckRow> {
    const began = clock.monotonicMs();
    const found = jupyterRow();
    const [subcommand = 'lab'] = settings.subcommands;
    if (!found.ok) return found;
    const told = await versionOf(findJupyter(settings), subcommand, settings.env);
    version = told === null ? '' : `jupyter ${subcommand} ${told}`;
    const ms = Math.round(clock.monotonicMs() - began);
    return told === null ? { ...found, ok: false, ms, detail: `"jupyter ${subcommand} --version" does not work: install JupyterLab again, or put a working one first on the PATH.` } : { ...jupyterRow(), ms };
  }

  async function check(): Promise<SpawnerCheck> {
    const checks: readonly CheckRow[] = [
      { name: 'engine', ok: true, detail: 'Labs are processes of this machine, on its loopback address.', level: 'required', ms: 0 },
      await jupyterStarts(),
      { name: 'isolation', ok: false, detail: `None. ${NO_ISOLATION} Limits of CPU and memory, "outbound" and a read-only root do not hold here either.`, level: 'advice', ms: 0 },
      ...(process.getuid?.() === 0 ? [ROOT] : []),
    ];
    return { ok: checks.every((row) => row.ok || row.level === 'advice'), checks };
  }

  return { check, guard: () => Promise.resolve(jupyterRow()) };
}

const ROOT: CheckRow = { name: 'account', ok: false, detail: 'The hub runs as root, and so would labs; Jupyter refuses that. Start the hub with an account of your own.', level: 'advice', ms: 0 };
