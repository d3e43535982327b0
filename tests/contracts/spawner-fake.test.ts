import type { InstanceId, ServerId, ServerName, UserId, UserName } from '../../hub/domain/ids';
import { newId } from '../../hub/domain/ids';
import { systemClock } from '../../hub/domain/runtime';
import { labEnvironment } from '../../spawner/env';
import { createFakeEngine, createFakeSpawner } from '../../spawner/fake';
import { serverProfile } from '../../spawner/profiles';
import type { SpawnRequest } from '../../spawner/spawner';
import { volumesOf } from '../support/volumes';
import { describeSpawner } from './describe-spawner';

const secret = 'a-secret-of-one-server-only';

function request(owner: string): SpawnRequest {
  const profile = serverProfile({ image: 'none' });
  const name = owner as UserName;
  const id = newId<UserId>();
  return {
    server: { id: newId<ServerId>(), name: '' as ServerName },
    owner: { id, name },
    profile,
    volumes: volumesOf(id),
    outbound: profile.outbound,
    prefix: `/user/${owner}/`,
    env: labEnvironment({ profile, userName: name, secret }),
  };
}

describeSpawner('fake', async () => {
  const engine = createFakeEngine();
  const spawner = createFakeSpawner({ clock: systemClock, engine });
  return {
    spawner,
    request,
    secret,
    kill: async (handle) => spawner.kill(engine.processes.get(handle.id)?.server ?? ('' as ServerId)),
    occupy: async (req) => {
      const name = `fake-${req.server.id}`;
      engine.foreign.add(name);
      return async () => engine.foreign.has(name);
    },
    otherHub: (instance: InstanceId) => createFakeSpawner({ clock: systemClock, engine, instance }),
    close: async () => {
      await spawner.close();
      await engine.close();
    },
  };
});
