import { readFileSync } from 'node:fs';
import type { VolumeId } from '../../hub/domain/ids';
import { systemClock } from '../../hub/domain/runtime';
import { createFailPoint } from '../../hub/fail-point';
import { createDockerSpawner } from '../../spawner/docker/docker-spawner';
import type { DockerSettings } from '../../spawner/docker/settings';
import { silentLog } from './test-engine';
import { openVolumes } from './volume-world';

export interface ChildVolumesAsk {
  readonly settings: DockerSettings;
  readonly file: string;
  readonly image: string;
  readonly act: 'reset' | 'undo' | 'remove';
  readonly volume: VolumeId | null;
  /** Where it kills itself. */
  readonly failPoint: string;
}

/** One act on volumes by a hub that does not survive it. */
const ask = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ChildVolumesAsk;
const engine = createDockerSpawner(ask.settings, { clock: systemClock, log: silentLog });
const { volumes, alice, me } = openVolumes(ask.file, { engine, image: ask.image, clock: systemClock, failPoint: createFailPoint(`${ask.failPoint}:kill`) });

async function run(): Promise<void> {
  if (ask.act === 'reset') await volumes.reset(me, alice, ['home']);
  else if (ask.act === 'undo') volumes.undo(me, alice, ask.volume as VolumeId);
  else await volumes.remove(me, alice, ask.volume as VolumeId);
}

run().then(() => process.exit(0), (err: unknown) => {
  process.stderr.write(`${String(err)}\n`);
  process.exit(1);
});
