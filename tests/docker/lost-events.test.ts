import { DEFAULT_SERVER } from '../../hub/domain/ids';
import { systemClock } from '../../hub/domain/runtime';
import { createDockerClient } from '../../spawner/docker/client';
import { startDockerHub, type DockerHub } from '../support/docker-hub';
import { startEngineRelay, type EngineRelay } from '../support/engine-relay';
import { SMALL_LAB } from '../support/small-lab';
import { environmentOf } from '../support/hub-process';
import { berth, type HubEnv } from '../support/source-hub';
import { TEST_IMAGE, containerOf, engine, eventually } from '../support/test-engine';
import { startThrowingHub } from '../support/throwing-hub';

jest.setTimeout(240_000);

/** The spawner's half minute between two comparisons is a second and a half here. */
const QUICKER = 20;
const clock = { ...systemClock, every: (ms: number, fn: () => void) => systemClock.every(ms / QUICKER, fn) };

const PROFILES = [{ slug: 'lab', title: 'Lab', image: TEST_IMAGE, argv: ['python3', '-c', SMALL_LAB] }];

let relay: EngineRelay;
let world: DockerHub;
beforeAll(async () => {
  relay = await startEngineRelay();
  world = await startDockerHub({
    networkPool: '10.225.0.0/20',
    settings: { profiles: PROFILES, server: { stopGrace: '1s' } },
    deps: { clock, client: createDockerClient({ host: relay.host, clock }) },
  });
});
afterAll(async () => {
  await world?.close();
  await relay?.close();
});

/** Starts a server, and resolves with its container and a look at its state. */
async function start(name: string) {
  const { user, ask } = world.person(name);
  const state = () => world.store.servers.ensure(user.id, DEFAULT_SERVER).state;
  await ask('POST', `users/${name}/server`);
  await eventually(`${name} is ready`, () => state().kind === 'ready', 60_000);
  const now = state();
  if (now.kind !== 'ready') throw new Error(JSON.stringify(now));
  return { container: containerOf(now.handle), state };
}

test('O04: when the stream of events dies without a word, what happened meanwhile is found, and another stream tells what happens next', async () => {
  const [alice, bob] = [await start('alice'), await start('bob')];
  await eventually('events are followed', () => relay.streams().some(({ open }) => open));
  relay.muteEvents();
  const dead = relay.streams().length;
  await alice.container.remove({ force: true });
  await eventually('the hub finds what no event told', () => alice.state().kind === 'stopped', 60_000);
  expect(alice.state()).toMatchObject({ reason: expect.stringContaining('removed from outside') as string });
  expect(world.hub.routes.list().map(({ prefix }) => prefix)).toEqual(['/user/bob/']);
  const since = () => relay.streams().slice(dead);
  await eventually('the dead stream is given up for another one', () => relay.streams().slice(0, dead).every(({ open }) => !open) && since().some(({ open }) => open), 60_000);
  await bob.container.kill();
  await eventually('its end is known', () => bob.state().kind === 'stopped', 60_000);
  expect(since().map(({ heard }) => heard).join('')).toContain('"Action":"die"');
  expect(relay.streams().filter(({ open }) => open).length).toBeLessThanOrEqual(2);
});

test('N09: an event of the engine that is handled with an error ends the hub with 1 and no server; the next hub learns what the event said', async () => {
  const settings = { HUB_DOCKER_NETWORK_POOL: '10.225.32.0/20', HUB_DOCKER_ISOLATION: 'report' };
  const hub = await startThrowingHub((where) => environmentOf(where, settings) as HubEnv, { profiles: PROFILES });
  const container = (name: string) => engine.getContainer(`berth-test-${hub.port}-${name}`);
  const stateOf = async (name: string): Promise<string> => (await hub.ask<{ berth: { state: string } }>('GET', `users/${name}/server`)).berth.state;
  try {
    await hub.ask('POST', 'users', { usernames: ['ann', 'ben'] });
    for (const name of ['ann', 'ben']) {
      await hub.ask('POST', `users/${name}/server`);
      await eventually(`${name} is ready`, async () => (await stateOf(name)) === 'ready', 60_000);
    }
    const { StartedAt } = (await container('ben').inspect()).State;
    hub.throwAt('an event of the engine');
    await container('ann').kill();
    expect(await hub.process.exited).toBe(1);
    expect(hub.process.output()).toMatch(/"level":"error".*thrown at an event of the engine.*uncaught error: the hub ends/);
    await hub.again();
    await eventually('the end of one is known', async () => (await stateOf('ann')) === 'stopped', 60_000);
    expect(await stateOf('ben')).toBe('ready');
    expect((await container('ben').inspect()).State).toMatchObject({ Running: true, StartedAt });
  } finally {
    await hub.process.stop();
    await berth(hub.env, hub.cwd, 'down', '--data', '--yes-delete-data', `localhost:${hub.port}`);
    await hub.close();
  }
});
