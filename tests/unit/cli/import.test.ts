import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runCli } from '../../../hub/cli/program';
import { openStore } from '../../../hub/store/create-store';
import { writeJupyterHub } from '../../support/jupyterhub-file';

let cwd: string;
beforeEach(() => {
  cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-import-cli-'));
  writeJupyterHub(path.join(cwd, 'jupyterhub.sqlite'));
});
afterEach(() => fs.rmSync(cwd, { recursive: true, force: true }));

async function run(args: readonly string[], typed?: string) {
  const out: string[] = [];
  const notes: string[] = [];
  const wanted: string[] = [];
  const ask = () => (typed === undefined ? Promise.reject(new Error('asked without need')) : Promise.resolve(typed));
  const io = { env: {}, cwd, out: (line: string) => void out.push(line), note: (line: string) => void notes.push(line), ask };
  const code = await runCli(['import', 'jupyterhub', 'jupyterhub.sqlite', ...args], io, { volumes: async (_config, _instance, names) => (wanted.push(...names), new Set(['jupyterhub-user-alice'])) });
  return { code, out: out.join('\n'), notes: notes.join('\n'), wanted };
}

const database = (): string => path.join(cwd, 'state', 'hub.sqlite');

test('a dry run asks nothing, says what would come and what would not, and leaves no database behind', async () => {
  const { code, out, wanted } = await run(['--dry-run']);
  expect(code).toBe(0);
  expect(out).toContain('7 users, 5 passwords');
  expect(out).toContain('Does not come over');
  expect(out).toContain('nothing was changed');
  expect(out).not.toMatch(/\$2b|sha512|\u200b/);
  expect(wanted).toContain('jupyterhub-user-bob-40example-2eorg');
  expect(fs.existsSync(database())).toBe(false);
});

test('it is shown first and done when somebody says yes, and only then', async () => {
  expect(await run([], 'no')).toMatchObject({ code: 1, notes: 'Nothing was changed.' });
  expect((await run(['--dry-run'])).out).toContain('7 users, 5 passwords');
  expect(await run([], 'yes')).toMatchObject({ code: 0, out: expect.stringContaining('Done.') });
  expect(await run(['--yes'])).toMatchObject({ code: 0, out: expect.stringContaining('nothing was changed') });
});

test('patterns say what a volume is; a wrong one is refused before anything is read', async () => {
  expect((await run(['--yes', '--volumes', 'home=lab-{username}_home', '--volumes', 'w-{raw_username}'])).wanted).toEqual(expect.arrayContaining(['lab-carol_home', 'w-carol', 'w-root-admin']));
  expect((await run(['--dry-run', '--volumes', 'none'])).wanted).toEqual([]);
  for (const wrong of ['one-for-all', 'x-{servername}-{username}']) expect(await run(['--dry-run', '--volumes', wrong])).toMatchObject({ code: 2 });
  expect(await run(['--dry-run', '--volumes', 'a-{username}', '--volumes', 'b-{username}'])).toMatchObject({ code: 2 });
});

test('while a hub runs on this database, nothing is imported', async () => {
  const running = openStore(database());
  try {
    expect(await run(['--yes'])).toMatchObject({ code: 1, notes: expect.stringMatching(/Another hub is using/) });
  } finally {
    running.close();
  }
});
