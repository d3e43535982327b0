import fs from 'node:fs';
import type { Command } from 'commander';
import { createDockerSpawner } from '../../spawner/docker/docker-spawner';
import { createProcessSpawner } from '../../spawner/process/process-spawner';
import type { SpawnerCheck } from '../../spawner/spawner';
import { type Config, loadConfig } from '../config';
import { databaseOf, dockerSettings } from '../docker-settings';
import { HubError } from '../domain/errors';
import { type InstanceId, newId } from '../domain/ids';
import { type Logger, systemClock } from '../domain/runtime';
import { connectLocal } from '../local-socket';
import { INSTANCE, openStore } from '../store/create-store';
import { processSettings } from '../process-settings';
import { createUrls } from '../urls';
import { type Io, table } from './io';

/** A row as it is printed, whoever looked. */
export interface DoctorRow {
  readonly name: string;
  readonly ok: boolean;
  readonly level: 'required' | 'advice';
  readonly detail: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Milliseconds. */
  readonly ms: number;
}

/** What `doctor` looks with when no hub runs; tests put their own in. */
export interface Physician {
  check(config: Config, instance: InstanceId): Promise<SpawnerCheck>;
}

/** Fetching the probe's image is part of a check. */
const LONGEST_CHECK_MS = 900_000;

/** `berth doctor`: proves now, on this machine, what the hub promises. */
export function addDoctor(program: Command, io: Io, physician: Physician = dockerPhysician): void {
  program
    .command('doctor')
    .description('Prove on this machine that servers are kept apart: engine, versions, firewall, and probes that try to get out.')
    .option('--json', 'as JSON', false)
    .addHelpText('after', '\nEnds with 1 when a required check fails. A hub that runs does the checks itself; else they are done here.\n\nExamples:\n  berth doctor\n  berth doctor --json')
    .action((opts: { readonly json: boolean }) => doctor(io, opts.json, physician));
}

async function doctor(io: Io, asJson: boolean, physician: Physician): Promise<void> {
  const { config } = loadConfig(io.env, io.cwd);
  const rows = (await askHub(config)) ?? (await askEngine(io, config, physician));
  if (asJson) io.out(JSON.stringify({ ok: failed(rows).length === 0, checks: rows }, null, 2));
  else table(['', 'CHECK', 'AT', 'TOOK', 'DETAIL'], rows.map((row) => [mark(row), row.name, row.at, `${(row.ms / 1000).toFixed(1)} s`, row.detail])).forEach((line) => io.out(line));
  const bad = failed(rows);
  if (bad.length > 0) throw new HubError('conflict', `Not proven: ${bad.map(({ name }) => name).join(', ')}.`);
}

const failed = (rows: readonly DoctorRow[]): readonly DoctorRow[] => rows.filter((row) => !row.ok && row.level === 'required');
const mark = ({ ok, level }: DoctorRow): string => (ok ? 'ok' : level === 'required' ? 'FAIL' : 'weak');

/** undefined: no hub runs with this data folder. */
async function askHub(config: Config): Promise<readonly DoctorRow[] | undefined> {
  try {
    const local = connectLocal(config.dataDir, { timeoutMs: LONGEST_CHECK_MS });
    const { api } = createUrls(new URL(local.info.url).pathname);
    const { checks } = (await local.request('POST', `${api}admin/health/checks`, {})) as { readonly checks: readonly DoctorRow[] };
    return checks;
  } catch (err) {
    if (err instanceof HubError && err.code === 'unavailable') return undefined;
    throw err;
  }
}

async function askEngine(io: Io, config: Config, physician: Physician): Promise<readonly DoctorRow[]> {
  io.note('The hub is not running: the checks are done from here.');
  const { checks } = await physician.check(config, instanceOf(config));
  const at = new Date().toISOString();
  return checks.map(({ name, ok, level, detail, ms }) => ({ name, ok, level, detail, at, ms }));
}

/** Before the first start of a hub there is none, and nothing of it to be confused with. */
function instanceOf(config: Config): InstanceId {
  if (!fs.existsSync(databaseOf(config))) return newId<InstanceId>();
  const store = openStore(databaseOf(config));
  try {
    return store.meta.get(INSTANCE) as InstanceId;
  } finally {
    store.close();
  }
}

const quiet = (): void => undefined;
const log: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet, child: () => log };

async function checkProcesses(config: Config, instance: InstanceId): Promise<SpawnerCheck> {
  const spawner = createProcessSpawner(processSettings(config, instance), { clock: systemClock, log });
  return spawner.check().finally(() => spawner.close());
}

const dockerPhysician: Physician = {
  check: async (config, instance) => {
    if (config.spawner === 'process') return checkProcesses(config, instance);
    if (config.spawner !== 'docker') return { ok: true, checks: [{ name: 'engine', ok: true, detail: 'Servers are only pretended here: there is nothing to keep apart.', level: 'required', ms: 0 }] };
    const spawner = createDockerSpawner(dockerSettings(config, instance), { clock: systemClock, log });
    try {
      return await spawner.check();
    } finally {
      await spawner.close();
    }
  },
};
