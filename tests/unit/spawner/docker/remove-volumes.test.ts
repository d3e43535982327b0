import type Docker from 'dockerode';
import type { InstanceId, VolumeId } from '../../../../hub/domain/ids';
import { HubError } from '../../../../hub/domain/errors';
import type { DockerClient } from '../../../../spawner/docker/client';
import { DOCKER_DEFAULTS } from '../../../../spawner/docker/settings';
import { createVolumes } from '../../../../spawner/docker/volumes';
import { LABEL, ROLE } from '../../../../spawner/labels';

const INSTANCE = 'this-hub' as InstanceId;
const HOME = { id: 'alice-home' as VolumeId, purpose: 'home', name: null } as const;

/** As the engine does it: a volume that any container refers to, running or not, cannot be removed. */
function engineWith(labels: Readonly<Record<string, string>>, mounted: readonly string[] = ['jupyterlab-alice_home']) {
  const containers = [labels];
  const volumes = ['jupyterlab-alice_home'];
  const did: string[] = [];
  const docker = {
    listVolumes: async () => ({ Volumes: volumes.map((Name) => ({ Name, Labels: { [LABEL.instance]: INSTANCE, [LABEL.volume]: HOME.id } })) }),
    listContainers: async () => containers.map((Labels) => ({ Id: 'x', Labels, Mounts: mounted.map((Name) => ({ Name })) })),
    getContainer: (name: string) => ({
      start: async () => void did.push(`start ${name}`),
      wait: async () => ({ StatusCode: 0 }),
      remove: async () => {
        did.push(`remove ${name}`);
        containers.splice(0);
      },
    }),
    getVolume: (name: string) => ({
      remove: async () => {
        if (containers.length > 0) throw new HubError('conflict', 'volume is in use', { details: { engineStatus: 409 } });
        volumes.splice(volumes.indexOf(name), 1);
      },
    }),
  } as unknown as Docker;
  const client: DockerClient = { docker, local: true, close: () => undefined, call: ({ run }) => run(docker, new AbortController().signal) };
  return { did, volumes, removeVolumes: createVolumes(client, { ...DOCKER_DEFAULTS, instance: INSTANCE, dataDir: '/nowhere' }).removeVolumes };
}

const HELPER = { [LABEL.instance]: INSTANCE, [LABEL.role]: ROLE.helper };

test('the container of an interrupted preparation does not keep the volumes of a deleted user', async () => {
  const { removeVolumes, volumes, did } = engineWith(HELPER);
  await removeVolumes([HOME]);
  expect([volumes, did]).toEqual([[], ['remove x']]);
});

test('an interrupted preparation is finished first where it is about volumes that stay', async () => {
  const { removeVolumes, volumes, did } = engineWith(HELPER, ['jupyterlab-alice_home', 'jupyterlab-alice_cache']);
  await removeVolumes([HOME]);
  expect([volumes, did]).toEqual([[], ['start x', 'remove x']]);
});

test.each([
  ['a lab', { [LABEL.instance]: INSTANCE, [LABEL.role]: ROLE.lab }],
  ['a download', { [LABEL.instance]: INSTANCE, [LABEL.role]: ROLE.archive }],
  ['a helper of another hub', { [LABEL.instance]: 'other', [LABEL.role]: ROLE.helper }],
  ['something that is not ours', {}],
])('while %s uses a volume, all of them stay, and so does what uses it', async (_, labels) => {
  const { removeVolumes, volumes, did } = engineWith(labels);
  await expect(removeVolumes([HOME])).rejects.toMatchObject({ code: 'conflict' });
  expect([volumes, did]).toEqual([['jupyterlab-alice_home'], []]);
});
