import { leftOf } from '../support/docker-sweep';
import { hubLives } from '../support/killed-hubs';
import { engine, eventually } from '../support/test-engine';

jest.setTimeout(420_000);

const lives = hubLives({ networkPool: '10.222.16.0/20' });
afterAll(() => lives.close());

const SERVERS = 50;
const AT_ONCE = 5;

/** When each was started. One that the hub cleans away meanwhile is gone. */
const containers = async (): Promise<ReadonlyMap<string, string>> => {
  const names = (await leftOf(lives.run)).filter((name) => name.startsWith('/'));
  const started = await Promise.all(names.map(async (name) => [name, await startOf(name)] as const));
  return new Map(started.flatMap(([name, at]) => (at === null ? [] : [[name, at]])));
};

const startOf = (name: string): Promise<string | null> => engine.getContainer(name.slice(1)).inspect().then(({ State }) => State.StartedAt, (err: { readonly statusCode?: number }) => {
  if (err.statusCode === 404) return null;
  throw err;
});

test('N03: fifty servers are served again the moment the next hub is ready, none was started again, and a dead and a paused one delay nobody', async () => {
  const users = Array.from({ length: SERVERS }, (_, i) => `user${i}`);
  const hub = await lives.boot();
  await hub.ask('POST', 'users', { usernames: users });
  const waiting = [...users];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let user = waiting.shift(); user !== undefined; user = waiting.shift()) {
      const path = `users/${user}/server`;
      await hub.ask('POST', path);
      await eventually(`${user} is ready`, async () => (await hub.ask<{ ready: boolean }>('GET', path)).ready, 60_000);
    }
  }));
  const before = await containers();
  expect(before.size).toBe(SERVERS);
  await hub.kill9();
  const [dead = '', paused = ''] = [...before.keys()];
  await engine.getContainer(dead.slice(1)).kill();
  await engine.getContainer(paused.slice(1)).pause();
  const next = await lives.boot();
  const routes = await next.ask<Record<string, unknown>>('GET', 'proxy');
  expect(Object.keys(routes).filter((route) => route.includes('/user/')).length).toBe(SERVERS - 1);
  const after = await containers();
  for (const [name, startedAt] of before) if (name !== dead) expect([name, after.get(name)]).toEqual([name, startedAt]);
  const user = dead.slice(dead.lastIndexOf('-') + 1);
  await eventually('the dead one is told and cleaned away', async () => (await next.ask<{ stopped: boolean; pending: string | null }>('GET', `users/${user}/server`)).stopped);
  expect(await next.ask('GET', `users/${user}/server/post-mortem`)).toMatchObject({ last_end: { cause: 'killed', exit_code: 137, log: ['serving'] } });
  expect((await containers()).size).toBe(SERVERS - 1);
  await next.ask('GET', `users/${paused.slice(paused.lastIndexOf('-') + 1)}/server/post-mortem`).then((told) => expect(told).toMatchObject({ paused_since: expect.any(String) as string }));
});
