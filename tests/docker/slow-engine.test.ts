import Docker from 'dockerode';
import { DEFAULT_SERVER } from '../../hub/domain/ids';
import { systemClock } from '../../hub/domain/runtime';
import { createDockerClient } from '../../spawner/docker/client';
import { startDockerHub, type DockerHub, type Person } from '../support/docker-hub';
import { startEngineRelay, type EngineRelay } from '../support/engine-relay';
import { makeUser } from '../support/factories';
import { signedInAs, type Browser } from '../support/login';
import { SMALL_LAB } from '../support/small-lab';
import { TEST_IMAGE, eventually } from '../support/test-engine';

jest.setTimeout(240_000);

const USERS = 50;
const LOADS = 50;
const SLOW_MS = 1_000;

let relay: EngineRelay;
let world: DockerHub;
let root: Person;
let browser: Browser;
beforeAll(async () => {
  relay = await startEngineRelay();
  world = await startDockerHub({
    networkPool: '10.225.16.0/20',
    settings: { profiles: [{ slug: 'lab', title: 'Lab', image: TEST_IMAGE, argv: ['python3', '-c', SMALL_LAB] }], server: { cap: 0, stopGrace: '1s' } },
    deps: { client: createDockerClient({ host: relay.host, clock: systemClock }) },
  });
  root = world.person('root', { admin: true });
  browser = signedInAs(world, root.user);
});
afterAll(async () => {
  relay?.slow(0);
  await world?.close();
  await relay?.close();
});

/** On record as running, beside those that do run. */
function pretendToRun(name: string): void {
  const { servers } = world.store;
  const user = makeUser(world, name);
  const handle = { spawner: 'docker', id: `jupyterlab-${name}/none` };
  const starting = servers.transition(servers.ensure(user.id, DEFAULT_SERVER), { kind: 'starting', since: new Date(), handle }, { profile: 'lab', secret: 'x'.repeat(64) });
  if (starting !== undefined) servers.transition(starting, { kind: 'ready', since: new Date(), handle, origin: 'http://10.225.31.1:8888' });
}

const isInspect = (call: string): boolean => /^GET \/containers\/[^/]+\/(json|stats|logs)/.test(call);
const isList = (call: string): boolean => call === 'GET /containers/json';

test('O05: with an engine that takes a second and more for every call, pages that list fifty servers are answered from the hub\'s own record before one call is', async () => {
  const ann = world.person('ann');
  await ann.ask('POST', 'users/ann/server');
  await eventually('it is ready', () => world.store.servers.ensure(ann.user.id, DEFAULT_SERVER).state.kind === 'ready', 60_000);
  for (let i = 1; i < USERS; i += 1) pretendToRun(`user${i}`);

  relay.slow(SLOW_MS);
  const release = relay.hold();
  const order: string[] = [];
  relay.forget();
  const held = new Docker({ host: undefined, socketPath: relay.socketPath } as Docker.DockerOptions).ping().then(() => order.push('engine'));
  await eventually('the engine is asked', () => relay.calls().includes('GET /_ping'));
  const asks = [
    async () => (await browser.get('hub/admin/users?limit=50')).text,
    async () => (await browser.get('hub/home')).text,
    async () => (await root.ask('GET', 'users')).text(),
    async () => (await root.ask('GET', 'users?state=ready')).text(),
    async () => (await root.ask('GET', 'users/ann/server')).text(),
  ];
  const answers: string[] = [];
  for (let i = 0; i < LOADS; i += 1) answers.push((await asks[i % asks.length]?.()) ?? '');
  order.push('pages');
  release();
  await held;

  expect(order).toEqual(['pages', 'engine']);
  expect(relay.calls().filter(isInspect)).toEqual([]);
  // One comparison with the engine, every half minute, may fall into this time; no page asks for it.
  expect(relay.calls().filter(isList).length).toBeLessThanOrEqual(1);
  for (const name of ['ann', 'user1', `user${USERS - 1}`]) expect(answers[0]).toContain(name);
  const listed = JSON.parse(answers[3] ?? '[]') as readonly { readonly servers: Readonly<Record<string, { readonly ready: boolean }>> }[];
  expect(listed.filter(({ servers }) => servers['']?.ready === true)).toHaveLength(USERS);
});
