import { startEngineRelay, type EngineRelay } from '../support/engine-relay';
import { startSecondEngine, type SecondEngine } from '../support/second-engine';
import { SERVED, startSecondHub, type SecondHub } from '../support/second-hub';
import { eventually } from '../support/test-engine';

jest.setTimeout(180_000);

const USERS = ['alice', 'bob'];

let engine: SecondEngine;
let relay: EngineRelay;
let world: SecondHub;
afterEach(async () => {
  await world?.close();
  await relay?.close();
  await engine?.close();
});

async function begin(liveRestore: boolean, networkPool: string): Promise<SecondHub> {
  engine = await startSecondEngine({ liveRestore });
  await engine.loadSmall();
  relay = await startEngineRelay(engine.socketPath);
  world = await startSecondHub(engine, { networkPool, host: relay.host });
  await Promise.all(USERS.map(world.started));
  return world;
}

const routes = async (): Promise<readonly string[]> => Object.keys(await world.hub.ask<Record<string, unknown>>('GET', 'proxy')).filter((route) => route.includes('/user/'));

/** How a server ended, as pages and command line tell it. */
const TOLD = { last_end: { cause: 'terminated', exit_code: 143, summary: 'It was asked to end from outside the hub.', advice: expect.stringContaining('A restart of Docker') as string, log: ['serving'] } };

test('O02: an engine that restarts without live-restore leaves stopped servers with the reason, no routes, and users who can start again', async () => {
  const { hub, server, started } = await begin(false, '10.218.16.0/20');
  await engine.end();
  await engine.begin();
  await eventually('every server is told as stopped', async () => (await Promise.all(USERS.map(server))).every(({ stopped, pending }) => stopped && pending === null), 60_000);
  expect(await routes()).toEqual([]);
  for (const user of USERS) expect(await hub.ask('GET', `users/${user}/server/post-mortem`)).toMatchObject(TOLD);
  expect(await engine.docker.listContainers({ all: true })).toEqual([]);
  await Promise.all(USERS.map(started));
  expect(await engine.docker.listContainers()).toHaveLength(2);
  expect(await routes()).toHaveLength(2);
});

test('O03: an engine that restarts with live-restore ends no server, requests are answered all the while, and what happened meanwhile is found', async () => {
  const { hub, lives, server, started, visit } = await begin(true, '10.218.32.0/20');
  const served = async (): Promise<void> => expect(await visit('/user/alice/anything')).toBe(SERVED);
  const containerOf = async (user: string) => (await engine.docker.getContainer(`${lives.run}-${user}`).inspect()).State;
  const [alice, bob] = await Promise.all(USERS.map(containerOf));
  const opened = relay.streams().length;
  await engine.end();
  relay.forget();
  await eventually('the hub asks for the events again', () => relay.calls().includes('GET /events'), 20_000);
  for (let i = 0; i < 20; i += 1) await served();
  // Ends while nobody could tell the hub.
  process.kill(bob?.Pid ?? 0, 'SIGKILL');
  relay.forget();
  await engine.begin();
  await eventually('his server is told as stopped', async () => (await server('bob')).stopped, 60_000);
  expect(await hub.ask('GET', 'users/bob/server/post-mortem')).toMatchObject({ last_end: { cause: 'killed', exit_code: 137 } });
  await eventually('the events are followed again', () => relay.streams().slice(opened).some(({ open }) => open), 20_000);
  expect(relay.streams().slice(opened).map(({ asked }) => asked)).toEqual(expect.arrayContaining([expect.stringMatching(/[?&]since=\d+\.\d{9}(?:&|$)/)]));
  // The whole list, compared with what was known.
  expect(relay.calls()).toContain('GET /containers/json');
  await served();
  expect(await server('alice')).toMatchObject({ ready: true });
  expect(await containerOf('alice')).toMatchObject({ StartedAt: alice?.StartedAt, Pid: alice?.Pid });
  await engine.docker.getContainer(`${lives.run}-alice`).kill();
  await eventually('what happens next is told, too', async () => (await server('alice')).stopped, 60_000);
  expect(relay.streams().slice(opened).map(({ heard }) => heard).join('')).toContain('"Action":"die"');
  await Promise.all(USERS.map(started));
});
