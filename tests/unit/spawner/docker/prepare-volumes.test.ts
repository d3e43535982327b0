import type Docker from 'dockerode';
import { HubError } from '../../../../hub/domain/errors';
import type { InstanceId } from '../../../../hub/domain/ids';
import type { DockerClient } from '../../../../spawner/docker/client';
import { DOCKER_DEFAULTS } from '../../../../spawner/docker/settings';
import { createVolumes } from '../../../../spawner/docker/volumes';
import { requestFor } from '../../../support/test-engine';

const absent = (): HubError => new HubError('not-found', 'gone', { details: { engineStatus: 404 } });

/** As the engine does it: the volumes of a container are made first, and stay when the container then cannot be made. */
function engine() {
  const volumes = new Map<string, Readonly<Record<string, string>>>();
  const state = { full: true, prepared: [] as string[] };
  const docker = {
    listVolumes: async () => ({ Volumes: [...volumes].map(([Name, Labels]) => ({ Name, Labels })) }),
    getVolume: (name: string) => ({
      inspect: async () => {
        if (!volumes.has(name)) throw absent();
        return { Name: name, Labels: volumes.get(name) };
      },
      remove: async () => void volumes.delete(name),
    }),
    getImage: () => ({ inspect: async () => ({ Config: { User: '1000:100' } }) }),
    getContainer: () => ({
      inspect: () => Promise.reject(absent()),
      start: async () => undefined,
      wait: async () => ({ StatusCode: 0 }),
      logs: async () => Buffer.alloc(0),
      remove: async () => undefined,
    }),
    createContainer: async (spec: { readonly HostConfig: { readonly Mounts: readonly { readonly Source: string; readonly VolumeOptions: { readonly Labels: Record<string, string> } }[] } }) => {
      for (const { Source, VolumeOptions } of spec.HostConfig.Mounts) volumes.set(Source, VolumeOptions.Labels);
      if (state.full) throw new HubError('unavailable', 'The disk of the Docker host is full.', { details: { engineStatus: 500 } });
      state.prepared.push(...spec.HostConfig.Mounts.map(({ Source }) => Source));
      return { id: 'x' };
    },
  } as unknown as Docker;
  const client: DockerClient = { docker, local: true, close: () => undefined, call: ({ run }) => run(docker, new AbortController().signal) };
  return { state, volumes, ensure: createVolumes(client, { ...DOCKER_DEFAULTS, instance: 'this-hub' as InstanceId, dataDir: '/nowhere', sharedVolume: null }).ensure };
}

test('O10: volumes of a preparation that the engine had no room for are taken back, so that the next start prepares them', async () => {
  const { state, volumes, ensure } = engine();
  const req = requestFor('alice');
  await expect(ensure(req)).rejects.toMatchObject({ code: 'unavailable' });
  expect([...volumes.keys()]).toEqual([]);
  state.full = false;
  await ensure(req);
  expect(state.prepared).toHaveLength(req.volumes.length);
  expect(volumes.size).toBe(req.volumes.length);
});
