import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { connectLocal } from '../../hub/local-socket';
import { apiOf } from '../../hub/cli/hub-client';
import { freePort } from '../support/hub-process';
import { berth, runSourceHub, startSourceHub, type HubEnv, type SourceHub } from '../support/source-hub';

jest.setTimeout(120_000);

let cwd: string;
let env: HubEnv;
let hub: SourceHub | undefined;
beforeEach(async () => {
  cwd = mkdtempSync(path.join(os.tmpdir(), 'berth-killed-'));
  env = { HUB_DATA_DIR: path.join(cwd, 'state'), HUB_LISTEN_PORT: String(await freePort()), HUB_SPAWNER: 'fake', HUB_SERVER_CAP: '1' };
});
afterEach(async () => {
  await hub?.stop();
  hub = undefined;
  rmSync(cwd, { recursive: true, force: true });
});

const api = <T>(method: string, where: string, body?: unknown): Promise<T> => apiOf(connectLocal(env['HUB_DATA_DIR'] ?? '')).request<T>(method, where, body);
const line = async (): Promise<readonly string[]> => (JSON.parse(await berth(env, cwd, 'queue', '--json')) as { readonly user: string }[]).map(({ user }) => user);
const stateOf = async (user: string): Promise<string> => (await api<{ berth: { state: string } }>('GET', `users/${user}/server`)).berth.state;

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

test('kill -9 with people in line: the next hub has the same line in the same order, and it moves on by itself', async () => {
  hub = await startSourceHub(env, cwd);
  const people = ['ann', 'ben', 'cem', 'dea', 'eva'];
  await api('POST', 'users', { usernames: people });
  await api('POST', 'users/ann/server');
  // The rest wait: the answer to a start in line comes when it is over.
  for (const name of people.slice(1)) {
    void api('POST', `users/${name}/server`).catch(() => undefined);
    await until(async () => (await line()).includes(name));
  }
  await berth(env, cwd, 'queue', '--jump', 'dea');
  expect(await line()).toEqual(['dea', 'ben', 'cem', 'eva']);
  await hub.kill9();
  // Its pretended engine died with it: ann's place is free.
  hub = await startSourceHub(env, cwd);
  await until(async () => (await stateOf('dea')) === 'ready');
  expect(await line()).toEqual(['ben', 'cem', 'eva']);
  await berth(env, cwd, 'stop', 'dea');
  await until(async () => (await stateOf('ben')) === 'ready');
  expect(await line()).toEqual(['cem', 'eva']);
});

test('kill -9 in a maintenance: the next hub goes on with it, and starts again what ran', async () => {
  env = { ...env, HUB_SERVER_CAP: '0' };
  hub = await startSourceHub(env, cwd);
  await api('POST', 'users', { usernames: ['ann', 'ben', 'cem'] });
  for (const name of ['ann', 'ben']) await api('POST', `users/${name}/server`);
  await berth(env, cwd, 'maintenance', 'announce', '--at', 'now', '--message', 'New disks.');
  await until(async () => (await stateOf('ann')) === 'stopped' && (await stateOf('ben')) === 'stopped');
  await hub.kill9();
  hub = await startSourceHub(env, cwd);
  expect(await berth(env, cwd, 'maintenance', 'status')).toContain('going on');
  await berth(env, cwd, 'maintenance', 'end');
  await hub.kill9();
  hub = await startSourceHub(env, cwd);
  expect(await berth(env, cwd, 'maintenance', 'status')).toContain('2 stopped');
  await berth(env, cwd, 'maintenance', 'restore');
  await until(async () => (await stateOf('ann')) === 'ready' && (await stateOf('ben')) === 'ready');
  expect(await stateOf('cem')).toBe('stopped');
});

test('N07: a second hub on the same data refuses to start with a sentence, whatever its port; the first goes on', async () => {
  hub = await startSourceHub(env, cwd);
  const second = await runSourceHub({ ...env, HUB_LISTEN_PORT: String(await freePort()) }, cwd);
  expect([second.code, /another hub/i.test(second.output), /^\s+at /m.test(second.output)]).toEqual([1, true, false]);
  expect(await berth(env, cwd, 'maintenance', 'status')).toBe('No maintenance is announced.');
});

test('N08: a hub that fails at boot, five times over, says why each time, is never ready, and leaves nothing that keeps the next one from starting', async () => {
  for (let i = 0; i < 5; i += 1) {
    const { code, output } = await runSourceHub({ ...env, HUB_FAILPOINT: 'boot.before-open:throw' }, cwd);
    expect(code).toBe(1);
    expect(output).toContain('fail point boot.before-open');
    expect(output).not.toContain('Berth is ready');
  }
  hub = await startSourceHub(env, cwd);
  expect((await fetch(`http://127.0.0.1:${env['HUB_LISTEN_PORT']}/hub/health`)).status).toBe(200);
});
