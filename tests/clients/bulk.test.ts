import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { startChild, type Child } from '../support/start-child';

interface Life {
  readonly name: string;
  readonly started: number;
  readonly progress: readonly number[];
}

interface Said {
  readonly created: number;
  readonly again: number;
  readonly names: readonly string[];
  readonly listed: readonly string[];
  readonly lives: readonly Life[];
}

const [USERS, SERVERS, PAGE] = [130, 12, 50];
/** In a process of its own: the script has nothing of it but its address. */
let hub: Child;
beforeAll(async () => {
  hub = await startChild({ kind: 'hub', settings: { server: { cap: 0 } } });
});
afterAll(() => hub.close());

test('a Python script that knows only the REST API makes users in bulk, lists them by pages, starts servers, follows each start, stops them and removes everybody', async () => {
  const env = { PATH: process.env['PATH'] ?? '', JUPYTERHUB_API_URL: `http://127.0.0.1:${hub.port}/hub/api`, JUPYTERHUB_API_TOKEN: hub.about['rootToken'] ?? '' };
  const { stdout } = await promisify(execFile)('python3', [path.join(__dirname, 'bulk.py'), ...[USERS, SERVERS, PAGE].map(String)], { env, timeout: 60_000 });
  const said = JSON.parse(stdout) as Said;
  const names = Array.from({ length: USERS }, (_, i) => `student-${String(i).padStart(3, '0')}`);
  expect([said.created, said.again, said.names]).toEqual([201, 409, names]);
  expect(said).toMatchObject({ pages: [50, 50, 30], totals: [USERS], ready: [], removed: [204], left: [] });
  expect([...said.listed].sort()).toEqual(names);
  expect(said.lives).toHaveLength(SERVERS);
  for (const life of said.lives) {
    expect(life).toMatchObject({ ready: true, url: `/user/${life.name}/`, server: true, again: 400, stopped: 204, left: {} });
    expect([201, 202]).toContain(life.started);
    expect(life.progress).toEqual([...life.progress].sort((a, b) => a - b));
    expect(life.progress.at(-1)).toBe(100);
  }
  expect(hub.alive()).toBe(true);
}, 90_000);
