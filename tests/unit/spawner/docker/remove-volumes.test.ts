import type Docker from 'dockerode';
import type { InstanceId, UserId } from '../../../../hub/domain/ids';
import { HubError } from '../../../../hub/domain/errors';
import type { DockerClient } from '../../../../spawner/docker/client';
import { DOCKER_DEFAULTS } from '../../../../spawner/docker/settings';
import { createVolumes } from '../../../../spawner/docker/volumes';
import { LABEL, ROLE } from '../../../../spawner/labels';

const INSTANCE = 'this-hub' as InstanceId;
const ALICE = 'alice-id' as UserId;

/** As the engine does it: a volume that any container refers to, running or not, cannot be removed. */
function engineWith(labels: Readonly<Record<string, string>>) {
  const containers = [labels];
  const volumes = ['jupyterlab-alice_home'];
  const removed: string[] = [];
  const docker = {
    listVolumes: async () => ({ Volumes: volumes.map((Name) => ({ Name, Labels: { [LABEL.instance]: INSTANCE, [LABEL.user]: ALICE } })) }),
    listContainers: async () => containers.map((Labels) => ({ Id: 'x', Labels })),
    getContainer: (name: string) => ({
      remove: async () => {
        removed.push(name);
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
  return { removed, volumes, removeFor: createVolumes(client, { ...DOCKER_DEFAULTS, instance: INSTANCE, dataDir: '/nowhere' }).removeFor };
}

test('the container of an interrupted preparation does not keep the volumes of a deleted user', async () => {
  const { removeFor, volumes, removed } = engineWith({ [LABEL.instance]: INSTANCE, [LABEL.role]: ROLE.helper });
  await removeFor(ALICE);
  expect(volumes).toEqual([]);
  expect(removed).toEqual([expect.stringMatching(/^berth-owner-[0-9a-f]{12}$/)]);
});

test.each([
  ['a lab', { [LABEL.instance]: INSTANCE, [LABEL.role]: ROLE.lab }],
  ['a helper of another hub', { [LABEL.instance]: 'other', [LABEL.role]: ROLE.helper }],
  ['something that is not ours', {}],
])('while %s uses a volume, all of them stay, and so does what uses it', async (_, labels) => {
  const { removeFor, volumes, removed } = engineWith(labels);
  await expect(removeFor(ALICE)).rejects.toMatchObject({ code: 'conflict' });
  expect([volumes, removed]).toEqual([['jupyterlab-alice_home'], []]);
});
