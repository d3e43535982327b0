import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { connectLocal } from '../../hub/local-socket';
import { hubLives, type HubLives, type LivingHub } from '../support/killed-hubs';
import { SMALL_ENGINE_IMAGE, startSecondEngine, type SecondEngine } from '../support/second-engine';
import { eventually } from '../support/test-engine';

jest.setTimeout(240_000);

let second: SecondEngine;
let lives: HubLives;
let hub: LivingHub;
let token: string;

beforeAll(async () => {
  second = await startSecondEngine();
  await second.loadSmall();
  lives = hubLives({ networkPool: '10.223.0.0/20', host: second.host, through: second.inside, image: SMALL_ENGINE_IMAGE, users: ['alice', 'bob'] });
  hub = await lives.boot();
  await hub.ask('POST', 'users/alice/server');
  await eventually('it is ready', async () => (await hub.ask<{ ready: boolean }>('GET', 'users/alice/server')).ready, 60_000);
  token = (await hub.ask<{ token: string }>('POST', 'users/alice/tokens', {})).token;
});
afterAll(async () => {
  // A daemon that is stopped could not be ended.
  if (second !== undefined) process.kill(second.pid, 'SIGCONT');
  await lives?.close();
  await second?.close();
});

/** Status of what the hub answers, asked in the engine's own network. */
async function statusOf(path: string): Promise<number> {
  const [program = '', ...args] = second.inside;
  const { stdout } = await promisify(execFile)(program, [...args, 'curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '5', '-H', `Authorization: token ${token}`, new URL(path, hub.url).href]);
  return Number(stdout);
}

test('O01: while the engine hangs, pages answer and a running server is used; a start ends with a reason; afterwards everything works again', async () => {
  process.kill(second.pid, 'SIGSTOP');
  for (const path of ['/hub/login', '/hub/api/users/alice', '/user/alice/api', '/user/alice/anything']) expect([path, await statusOf(path)]).toEqual([path, 200]);
  // Every call to the engine has a deadline, so a start ends with a reason and not with the engine.
  await expect(hub.ask('POST', 'users/bob/server')).rejects.toMatchObject({ name: 'HubError', status: 503, message: expect.stringContaining('Docker did not answer in time') as string });
  await eventually('the start is given up', async () => (await hub.ask<{ pending: string | null }>('GET', 'users/bob/server')).pending === null, 60_000);
  expect((await hub.ask<{ ready: boolean }>('GET', 'users/bob/server')).ready).toBe(false);
  const last: unknown[] = [];
  for await (const event of connectLocal(lives.dataDir).events('/hub/api/users/bob/server/progress')) last.push(event);
  expect(last).toEqual([expect.objectContaining({ failed: true, message: expect.stringContaining('Docker did not answer in time') as string })]);
  for (const path of ['/hub/login', '/user/alice/api']) expect([path, await statusOf(path)]).toEqual([path, 200]);
  process.kill(second.pid, 'SIGCONT');
  await eventually('a start works again', async () => {
    await hub.ask('POST', 'users/bob/server').catch(() => undefined);
    return (await hub.ask<{ ready: boolean }>('GET', 'users/bob/server')).ready;
  }, 30_000);
  expect((await hub.ask<{ ready: boolean }>('GET', 'users/alice/server')).ready).toBe(true);
  expect(await second.docker.listContainers()).toHaveLength(2);
});
