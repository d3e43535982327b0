import type { ServerName, UserName } from '../../hub/domain/ids';
import { newId, type UserId } from '../../hub/domain/ids';
import type { Actor } from '../../hub/domain/access';
import type { Clock, FailPoint } from '../../hub/domain/runtime';
import { expandRaw } from '../../hub/domain/scopes/expand';
import type { User } from '../../hub/domain/user';
import { createAudit } from '../../hub/services/audit';
import { createVolumes, type VolumesService } from '../../hub/services/volumes';
import { openStore } from '../../hub/store/create-store';
import type { Store } from '../../hub/store/store';
import type { Volumes } from '../../spawner/spawner';
import { silentLog as log } from './test-engine';

export const BIN_MS = 7 * 86_400_000;

export interface VolumeWorld {
  readonly store: Store;
  readonly volumes: VolumesService;
  readonly alice: User;
  readonly me: Actor;
  close(): Promise<void>;
}

/** The hub's knowledge of volumes on a database file, with one user, and nothing else of a hub: a crash of it is a crash of the process that runs this. */
export function openVolumes(file: string, { engine, image, clock, failPoint = () => undefined }: { readonly engine: Volumes; readonly image: string; readonly clock: Clock; readonly failPoint?: FailPoint }): VolumeWorld {
  const store = openStore(file, { now: () => clock.now() });
  const audit = createAudit({ store, clock, log, keepMs: 0 });
  const alice = store.users.byName('alice' as UserName) ?? addAlice(store, clock);
  const volumes = createVolumes({ store, engine, audit, clock, log, failPoint, image, binMs: () => BIN_MS, softQuota: () => 0, measureEveryMs: 0 });
  const me: Actor = { kind: 'user', id: alice.id, name: alice.name, admin: false, via: 'cookie', credential: 'session', groups: [], scopes: expandRaw(['self'], { owner: { kind: 'user', name: alice.name } }) };
  return {
    store, volumes, alice, me,
    close: async () => {
      await volumes.close();
      audit.close();
      store.close();
    },
  };
}

function addAlice(store: Store, clock: Clock): User {
  const alice: User = { id: newId<UserId>(), name: 'alice' as UserName, admin: false, status: 'active', created: clock.now(), lastActivity: null, mustChangePassword: false };
  store.users.create(alice);
  store.servers.ensure(alice.id, '' as ServerName);
  return alice;
}
