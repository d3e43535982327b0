import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { DEFAULT_SERVER } from '../../hub/domain/ids';
import { startDockerHub, type DockerHub, type Person } from '../support/docker-hub';
import { leftOf } from '../support/docker-sweep';
import { SMALL_LAB } from '../support/small-lab';
import { TEST_IMAGE, eventually } from '../support/test-engine';

jest.setTimeout(60_000);

/** A registry that accepts connections and never sends an image. */
const registry = createServer((socket) => void fetching.add(socket.on('error', () => socket.destroy())));
const fetching = new Set<Socket>();
/** What happens at a point of a start in the engine. */
let reached: (point: string) => void = () => undefined;
let world: DockerHub;
let admin: Person;

beforeAll(async () => {
  await once(registry.listen(0, '127.0.0.1'), 'listening');
  const absent = `127.0.0.1:${(registry.address() as AddressInfo).port}/berth/absent:1`;
  const profiles = [
    // Never ready, so that whatever is done to it is done to a start.
    { slug: 'deaf', title: 'Deaf', image: TEST_IMAGE, argv: ['sleep', 'infinity'] },
    { slug: 'absent', title: 'Absent', image: absent, argv: ['sleep', 'infinity'] },
    { slug: 'lab', title: 'Lab', image: TEST_IMAGE, argv: ['python3', '-c', SMALL_LAB] },
  ];
  world = await startDockerHub({ networkPool: '10.217.144.0/20', settings: { profiles, server: { cap: 0 } }, deps: { failPoint: (point) => reached(point) } });
  admin = world.person('root', { admin: true });
});
afterEach(() => void (reached = () => undefined));
afterAll(async () => {
  await world.close();
  fetching.forEach((socket) => socket.destroy());
  await new Promise((resolve) => registry.close(resolve));
});

const NAME = 'alice';
const stateOf = ({ user }: Person) => world.store.servers.ensure(user.id, DEFAULT_SERVER).state;

async function start(person: Person, profile: string): Promise<void> {
  expect((await person.ask('POST', `users/${NAME}/server`, { profile })).status).toBe(202);
}

type Phase = readonly [string, { readonly profile?: string; readonly point?: string; readonly when?: (person: Person) => boolean | Promise<boolean> }];
const PHASES: readonly Phase[] = [
  ['at once', {}],
  ['while its image is fetched', { profile: 'absent', when: () => fetching.size > 0 }],
  ['when its volumes were made', { point: 'spawn.after-volumes' }],
  ['when its network was made', { point: 'spawn.after-network' }],
  ['when its container was made', { point: 'spawn.after-create' }],
  ['while its container runs and is waited for', { when: async () => (await world.engine.spawner.list()).some(({ running }) => running) }],
];

test.each(PHASES)('M08: an account that is deleted in the middle of its start, %s, leaves no container, network, volume, route, token or record', async (_, { profile = 'deaf', point, when = () => true }) => {
  const person = world.person(NAME);
  let met = '';
  let removed: Promise<Response> | undefined;
  const remove = (): void => {
    met = stateOf(person).kind;
    removed = admin.ask('DELETE', `users/${NAME}?volumes=remove`);
  };
  if (point !== undefined) reached = (now) => (now === point ? remove() : undefined);
  await start(person, profile);
  if (point === undefined) {
    await eventually('it is there', () => when(person));
    remove();
  }
  await eventually('the deletion is asked for', () => removed !== undefined);
  expect(met).toBe('starting');
  expect((await removed)?.status).toBe(204);

  const { engine, store, hub } = world;
  expect(await leftOf(engine.run)).toEqual([]);
  expect(await engine.spawner.listVolumes(person.user.id)).toEqual([]);
  expect(hub.routes.list()).toEqual([]);
  expect([store.users.byId(person.user.id), store.servers.listOf(person.user.id), store.tokens.listOf(person.user.id)]).toEqual([undefined, [], []]);
  expect((await person.ask('GET', 'user')).status).toBe(403);
});

test('M08: whoever gets that name afterwards starts as anybody does, and has one container', async () => {
  const person = world.person(NAME);
  await start(person, 'lab');
  expect((await person.progress()).at(-1)).toMatchObject({ ready: true });
  expect(await leftOf(world.engine.run)).toHaveLength(2);
  expect((await admin.ask('DELETE', `users/${NAME}?volumes=remove`)).status).toBe(204);
  expect(await leftOf(world.engine.run)).toEqual([]);
});
