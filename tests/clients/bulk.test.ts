import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { makeToken, makeUser } from '../support/factories';
import { startHub, type TestHub } from '../support/start-hub';

interface Life {
  readonly name: string;
  readonly started: number;
  readonly ready: boolean;
  readonly url: string;
  readonly progress: readonly number[];
  readonly server: boolean;
  readonly stopped: number;
  readonly left: object;
}

let hub: TestHub;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());

test('a Python script that knows only the REST API makes users in bulk, starts their servers, follows each start and stops them', async () => {
  const env = { PATH: process.env['PATH'] ?? '', JUPYTERHUB_API_URL: `${hub.origin}/hub/api`, JUPYTERHUB_API_TOKEN: makeToken(hub, makeUser(hub, 'root', { admin: true })) };
  const { stdout } = await promisify(execFile)('python3', [path.join(__dirname, 'bulk.py'), '12'], { env, timeout: 60_000 });
  const said = JSON.parse(stdout) as { readonly created: number; readonly names: readonly string[]; readonly again: number; readonly lives: readonly Life[] };
  expect([said.created, said.again]).toEqual([201, 409]);
  expect(said.names).toEqual(Array.from({ length: 12 }, (_, i) => `student-${i}`));
  for (const life of said.lives) {
    expect(life).toMatchObject({ ready: true, url: `/user/${life.name}/`, server: true, stopped: 204, left: {} });
    expect([201, 202]).toContain(life.started);
    expect(life.progress).toEqual([...life.progress].sort((a, b) => a - b));
    expect(life.progress.at(-1)).toBe(100);
  }
  expect(hub.spawner.engine.processes.size).toBe(0);
}, 90_000);
