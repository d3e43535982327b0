import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inheritedByLabs } from '../../hub/config/inherited';
import { newId, type InstanceId, type ServerId, type ServerName, type UserId, type UserName, type VolumeId } from '../../hub/domain/ids';
import { systemClock } from '../../hub/domain/runtime';
import type { Handle } from '../../hub/domain/server';
import { VOLUME_PURPOSES, type VolumePurpose } from '../../hub/domain/volume';
import { labEnvironment } from '../../spawner/env';
import { createProcessSpawner, type ProcessSpawner } from '../../spawner/process/process-spawner';
import type { ProcessSettings } from '../../spawner/process/settings';
import { labProfile, serverProfile } from '../../spawner/profiles';
import type { SpawnRequest } from '../../spawner/spawner';
import { installFakeJupyter } from './fake-jupyter/install';
import { createMemoryLog } from './start-hub';

export const SECRET = 'a-secret-of-one-server-only';

/** Inside the notebook image these tests run against the real thing, and this is the subcommand (tests/docker/process-spawner.test.ts). null: against a pretended one. */
export const REAL_JUPYTER = process.env['BERTH_TEST_JUPYTER'] ?? null;

export interface ProcessLabs {
  readonly settings: ProcessSettings;
  readonly spawner: ProcessSpawner;
  /** One more spawner on the same folder, as after a restart; closed with this one. */
  another(change?: Partial<ProcessSettings>, patienceMs?: number): ProcessSpawner;
  pidOf(handle: Handle): number;
  /** Ends whatever runs, and removes everything. */
  close(): Promise<void>;
}

/** Labs as processes, in a folder of their own. */
export function createProcessLabs(): ProcessLabs {
  const folder = mkdtempSync(path.join(tmpdir(), 'berth-process-'));
  const fake = REAL_JUPYTER === null ? installFakeJupyter() : null;
  const PATH = [fake?.bin, process.env['PATH']].filter((entry) => entry !== undefined).join(':');
  const settings: ProcessSettings = { instance: newId<InstanceId>(), labsDir: path.join(folder, 'labs'), env: { ...inheritedByLabs(), PATH }, subcommands: [REAL_JUPYTER ?? 'server'], appDir: null, hostDataDir: null };
  const all: ProcessSpawner[] = [];
  const another = (change: Partial<ProcessSettings> = {}, patienceMs?: number): ProcessSpawner => {
    const made = createProcessSpawner({ ...settings, ...change }, { clock: systemClock, log: createMemoryLog().log, ...(patienceMs === undefined ? {} : { patienceMs }) });
    all.push(made);
    return made;
  };
  const spawner = another();
  return {
    settings,
    spawner,
    another,
    pidOf: (handle) => Number(readFileSync(path.join(settings.labsDir, '.runs', handle.id, 'pid'), 'utf8').split('\n')[0]),
    close: async () => {
      await spawner.tearDown({ volumes: true });
      await Promise.all(all.map((one) => one.close()));
      rmSync(folder, { recursive: true, force: true });
      fake?.remove();
    },
  };
}

export function labRequest(owner: string, change: Partial<SpawnRequest> = {}): SpawnRequest {
  const profile = change.profile ?? (REAL_JUPYTER === 'lab' ? labProfile : serverProfile)({ image: 'none' });
  const name = owner as UserName;
  return {
    server: { id: newId<ServerId>(), name: '' as ServerName },
    owner: { id: newId<UserId>(), name },
    profile,
    volumes: VOLUME_PURPOSES.map((purpose) => ({ id: newId<VolumeId>(), purpose, name: null })),
    outbound: profile.outbound,
    prefix: `/user/${owner}/`,
    ...change,
    env: { ...labEnvironment({ profile, userName: name, secret: SECRET }), ...change.env },
  };
}

/** Every process whose environment names something in that folder, as all labs' do. Needs `/proc`. */
export const processesIn = (folder: string): readonly number[] =>
  readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && existsSync(`/proc/${entry}/environ`) && names(`/proc/${entry}/environ`, folder)).map(Number);

function names(file: string, text: string): boolean {
  try {
    return readFileSync(file, 'utf8').includes(text);
  } catch {
    // It ended meanwhile.
    return false;
  }
}

/** Where a lab of this request keeps its files of that purpose. */
export const filesOf = (labs: ProcessLabs, req: SpawnRequest, purpose: VolumePurpose): string => path.join(labs.settings.labsDir, req.volumes.find((volume) => volume.purpose === purpose)?.id ?? '', purpose);
