import { parseConfig } from '../../hub/config';
import { createHub } from '../../hub/create-hub';
import { createFailPoint } from '../../hub/fail-point';
import type { InstanceId } from '../../hub/domain/ids';
import { systemClock } from '../../hub/domain/runtime';
import { createDockerSpawner } from '../../spawner/docker/docker-spawner';
import { DOCKER_DEFAULTS } from '../../spawner/docker/settings';
import { LABEL } from '../../spawner/labels';
import { makeUser } from './factories';
import { SMALL_LAB } from './small-lab';
import { createMemoryLog } from './start-hub';

export interface KillableOptions {
  readonly folder: string;
  /** Of the test, so that what is left of a hub that was killed can be found. */
  readonly run: string;
  readonly instance: string;
  readonly networkPool: string;
  readonly image: string;
  /** As in `HUB_FAILPOINT`; null: none. */
  readonly failPoint: string | null;
  /** Accounts to make in its first life that may sign in at once; one that an administrator makes has to choose a password first. */
  readonly users?: readonly string[];
  /** They all sign in with it; absent: they cannot. */
  readonly password?: string;
  /** Default: the usual engine. */
  readonly host?: string;
  /** Isolation is proven, and nothing starts without. Default: it is not, because that makes containers of its own, which are other tests' business. */
  readonly proof?: boolean;
}

/** The hub on Docker, in a process of its own: `killable-hub.ts <options as JSON>`. Says `ready`, and lives until it is killed. */
async function main(options: KillableOptions): Promise<void> {
  const { folder, run, image, networkPool, failPoint, proof = false } = options;
  const profiles = [{ slug: 'lab', title: 'Lab', image, argv: ['python3', '-c', SMALL_LAB] }, { slug: 'other', title: 'Other', image, argv: ['python3', '-c', SMALL_LAB] }];
  const config = parseConfig({ dataDir: 'state', spawner: 'fake', listen: { port: 0, host: '127.0.0.1' }, docker: { isolation: proof ? 'require' : 'report' }, server: { cap: 0, stopGrace: '2s' }, profiles, failPoint }, folder);
  const { log } = createMemoryLog();
  const settings = {
    ...DOCKER_DEFAULTS, instance: options.instance as InstanceId, dataDir: config.dataDir, networkPool, probeImage: image, sharedVolume: `berth-test-${run}_shared`, namePrefix: `${run}-`,
    extraLabels: { [LABEL.run]: run }, ...(options.host === undefined ? {} : { host: options.host }),
  };
  const spawner = createDockerSpawner(settings, { clock: systemClock, log, failPoint: createFailPoint(failPoint) });
  const hub = await createHub(config, log, { spawner: proof ? spawner : { ...spawner, check: () => Promise.resolve({ ok: true, checks: [] }) } });
  const { accounts, actors } = hub.services;
  const isNew = hub.store.users.list({ offset: 0, limit: 1 }).total === 0;
  for (const name of isNew ? (options.users ?? []) : []) {
    if (options.password === undefined) makeUser(hub, name);
    else hub.store.users.update((await accounts.create(actors.local(), { username: name, admin: false, password: options.password })).user.id, { mustChangePassword: false });
  }
  process.stdout.write(`ready ${hub.url}\n`);
}

void main(JSON.parse(process.argv[2] ?? '{}') as KillableOptions);
