import type { Actor } from '../../../hub/domain/access';
import { DEFAULT_SERVER, newId, type ServerId, type ServerName, type UserId, type UserName, type VolumeId } from '../../../hub/domain/ids';
import type { FailPoint, Logger } from '../../../hub/domain/runtime';
import { noFailPoints } from '../../../hub/domain/runtime';
import { expandRaw } from '../../../hub/domain/scopes/expand';
import type { ServerRecord } from '../../../hub/domain/server';
import type { User } from '../../../hub/domain/user';
import { VOLUME_PURPOSES } from '../../../hub/domain/volume';
import type { Progress } from '../../../hub/services/contract';
import { createAudit } from '../../../hub/services/audit';
import { createServers, type ServersDeps, type ServersService } from '../../../hub/services/servers';
import { openStore } from '../../../hub/store/create-store';
import type { Store } from '../../../hub/store/store';
import type { Route, RouteTable } from '../../../proxy/route-table';
import { createRouteTable } from '../../../proxy/trie';
import { labEnvironment } from '../../../spawner/env';
import { createFakeEngine, createFakeSpawner, type FakeBehaviour, type FakeEngine, type FakeSpawner } from '../../../spawner/fake';
import { labProfile } from '../../../spawner/profiles';
import { waitUntilReady } from '../../../spawner/readiness';
import type { SpawnRequest, Spawner } from '../../../spawner/spawner';
import { createFakeClock, type FakeClock } from '../../support/fake-clock';

export interface World {
  readonly store: Store;
  readonly engine: FakeEngine;
  readonly spawner: FakeSpawner;
  readonly routes: RouteTable;
  readonly clock: FakeClock;
  readonly servers: ServersService;
  readonly drained: Route[];
  readonly logged: string[];
  addUser(name: string): { readonly user: User; readonly actor: Actor };
  /** The state now, of the default server. */
  stateOf(user: User): ServerRecord['state'];
  /** Lets time pass in small steps, with real input and output in between, until `condition` holds. */
  until(condition: () => boolean, stepMs?: number): Promise<void>;
  settled(promise: Promise<unknown>, stepMs?: number): Promise<void>;
  /** The hub dies and comes back on the same store and engine: nothing of the old one may write any more. */
  restart(opts?: WorldOptions): World;
}

export interface WorldOptions {
  readonly behaviour?: FakeBehaviour | ((req: SpawnRequest) => FakeBehaviour);
  readonly deps?: Partial<ServersDeps>;
  /** Replaces single calls of the engine. */
  readonly override?: (spawner: FakeSpawner) => Partial<Spawner>;
  readonly failPoint?: FailPoint;
}

export const MAIN = DEFAULT_SERVER;
export const LAB = labProfile({ image: 'test' });
export const GPU = { ...LAB, slug: 'gpu', title: 'GPU' };
export const named = (name: string): ServerName => name as ServerName;

const open: (() => Promise<void>)[] = [];

/** Ends everything that the tests of this file opened. */
export function cleanUp(): void {
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });
}

export function createWorld(opts: WorldOptions = {}): World {
  const clock = createFakeClock();
  const store = openStore(':memory:', { now: () => clock.now() });
  const engine = createFakeEngine();
  open.push(async () => {
    await engine.close();
    store.close();
  });
  return build({ clock, store, engine }, opts);
}

function build(kept: { readonly clock: FakeClock; readonly store: Store; readonly engine: FakeEngine }, opts: WorldOptions): World {
  const { clock, store, engine } = kept;
  const spawner = createFakeSpawner({ clock, engine, ...(opts.behaviour === undefined ? {} : { behaviour: opts.behaviour }) });
  const routes = createRouteTable();
  const drained: Route[] = [];
  const logged: string[] = [];
  const audit = createAudit({ store, clock, log: capture([]), keepMs: 0 });
  const servers = createServers({
    store,
    audit,
    spawner: { ...spawner, ...opts.override?.(spawner) },
    gate: { demand: () => undefined, passed: () => Promise.resolve() },
    renamed: () => undefined,
    routes,
    drain: async (route) => void drained.push(route),
    waitUntilReady: (ask) => waitUntilReady({ ...ask, clock }),
    prefixOf: (owner, server) => (server === '' ? `/user/${owner}/` : `/user/${owner}/${server}/`),
    base: '/hub-base/',
    profiles: [LAB, GPU],
    cap: 0,
    startTimeoutMs: 60_000,
    stopGraceMs: 10_000,
    clock,
    log: capture(logged),
    failPoint: opts.failPoint ?? noFailPoints,
    volumesFor: async (owner) => VOLUME_PURPOSES.map((purpose) => ({ id: `${owner}-${purpose}` as VolumeId, purpose, name: null })),
    labEnv: ({ owner, profile, secret }) => labEnvironment({ profile, userName: owner.name, secret }),
    ...opts.deps,
  });
  const stopListening = spawner.onExit((id, handle) => servers.exited(id, handle));
  const end = async (): Promise<void> => {
    stopListening();
    await servers.close();
    await spawner.close();
    audit.close();
  };
  open.push(end);
  return {
    ...kept, spawner, routes, servers, drained, logged,
    addUser: (name) => addUser(store, name),
    stateOf: (user) => store.servers.find(user.id, MAIN)?.state ?? { kind: 'stopped', since: null, reason: null },
    until: (condition, stepMs) => until(clock, condition, stepMs),
    settled: (promise, stepMs) => {
      let done = false;
      void promise.finally(() => (done = true));
      return until(clock, () => done, stepMs);
    },
    restart: (again = {}) => {
      void end();
      return build(kept, again);
    },
  };
}

export function addUser(store: Store, name: string): { user: User; actor: Actor } {
  const user: User = { id: newId<UserId>(), name: name as UserName, admin: false, status: 'active', created: new Date(0), lastActivity: null, mustChangePassword: false };
  store.users.create(user);
  return { user, actor: actorOf(user, ['self']) };
}

export const actorOf = (user: User, scopes: readonly string[]): Actor => ({
  kind: 'user', id: user.id, name: user.name, admin: user.admin, via: 'cookie', credential: 'session', groups: [],
  scopes: expandRaw(scopes, { owner: { kind: 'user', name: user.name } }),
});

async function until(clock: FakeClock, condition: () => boolean, stepMs = 10): Promise<void> {
  const started = performance.now();
  while (!condition()) {
    if (performance.now() - started > 10_000) throw new Error(`did not come true: ${condition.toString()}`);
    await turn();
    clock.advance(stepMs);
  }
}

/** One round of the event loop: everything that is ready gets its turn. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function capture(lines: string[]): Logger {
  const write = (_fields: object, message: string): void => void lines.push(message);
  const log: Logger = { debug: write, info: write, warn: write, error: write, child: () => log };
  return log;
}

/** Reads along in the background; `events` grows. */
export function readAlong(source: AsyncIterable<Progress>): { readonly events: Progress[]; readonly done: Promise<void> } {
  const events: Progress[] = [];
  const read = async (): Promise<void> => {
    for await (const event of source) events.push(event);
  };
  return { events, done: read() };
}

export const idOf = (world: World, user: User): ServerId => world.store.servers.ensure(user.id, MAIN).id;
