import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runCli } from '../../hub/cli/program';
import { never } from '../../spawner/fake';
import { makeUser } from '../support/factories';
import { startHub, type TestHub } from '../support/start-hub';

let cwd: string;
beforeEach(() => (cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-servers-'))));
afterEach(() => fs.rmSync(cwd, { recursive: true, force: true }));

async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const out: string[] = [];
  const notes: string[] = [];
  const io = { env, cwd, out: (line: string) => void out.push(line), note: (line: string) => void notes.push(line), ask: () => Promise.reject(new Error('asked')) };
  return { code: await runCli(args, io), out, notes };
}

const settingsOf = (hub: TestHub) => ({ HUB_DATA_DIR: hub.hub.config.dataDir });

test('a server is launched, listed and stopped from the command line', async () => {
  const hub = await startHub();
  try {
    makeUser(hub, 'alice');
    makeUser(hub, 'bob');
    expect(await run(['launch', 'alice'], settingsOf(hub))).toMatchObject({ code: 0, out: [`${hub.hub.url.replace(/\/$/, '')}/user/alice/`], notes: ['Starting the server of alice.'] });
    expect(await run(['launch', 'alice'], settingsOf(hub))).toMatchObject({ code: 0, notes: [] });
    const listed = await run(['servers', '--json'], settingsOf(hub));
    expect(JSON.parse(listed.out.join('\n'))).toEqual([expect.objectContaining({ user: 'alice', server: '', state: 'ready', profile: expect.any(String) })]);
    expect((await run(['servers'], settingsOf(hub))).out[1]).toMatch(/^alice +- +ready +20\d\d-/);
    expect(await run(['stop', 'alice'], settingsOf(hub))).toMatchObject({ code: 0, out: ['The server of alice is stopped.'] });
    expect(JSON.parse((await run(['servers', '--json'], settingsOf(hub))).out.join('\n'))).toMatchObject([{ state: 'stopped' }]);
    expect(await run(['launch', 'nobody'], settingsOf(hub))).toMatchObject({ code: 1 });
  } finally {
    await hub.close();
  }
});

test('named servers and profiles are within reach of the command line, and a stopped server is given another profile', async () => {
  const limits = { memory: '512M' };
  const hub = await startHub({ settings: { server: { named: true }, profiles: [{ slug: 'small', title: 'Small', limits }, { slug: 'large', title: 'Large', limits }] } });
  const servers = async () => JSON.parse((await run(['servers', '--json'], settingsOf(hub))).out.join('\n')) as object[];
  try {
    makeUser(hub, 'alice');
    expect(await run(['launch', 'alice', 'gpu', '--profile', 'large'], settingsOf(hub))).toMatchObject({ code: 0, out: [expect.stringMatching(/\/user\/alice\/gpu\/$/)], notes: ['Starting the server gpu of alice.'] });
    expect(await servers()).toEqual([expect.objectContaining({ server: 'gpu', state: 'ready', profile: 'large' })]);
    expect(await run(['launch', 'alice', 'gpu', '--profile', 'large'], settingsOf(hub))).toMatchObject({ code: 0, notes: [] });
    expect(await run(['launch', 'alice', 'gpu', '--profile', 'small'], settingsOf(hub))).toMatchObject({ code: 1, notes: [expect.stringContaining('berth recreate alice --profile small')] });
    expect(await run(['profile', 'small', 'alice', 'gpu'], settingsOf(hub))).toMatchObject({ code: 1, notes: ['alice:gpu is running: stop it first'] });
    expect(await run(['stop', 'alice', 'gpu'], settingsOf(hub))).toMatchObject({ code: 0 });
    expect(await run(['profile', 'small', 'alice', 'gpu'], settingsOf(hub))).toMatchObject({ code: 0, out: ['The server gpu of alice starts with the profile small from now on.'] });
    expect(await servers()).toEqual([expect.objectContaining({ server: 'gpu', state: 'stopped', profile: 'small' })]);
    expect((await run(['servers', '--why', 'alice', '--server', 'gpu'], settingsOf(hub))).out[0]).toContain('It was stopped.');
    expect(await run(['profile', 'huge', 'alice', 'gpu'], settingsOf(hub))).toMatchObject({ code: 1 });
  } finally {
    await hub.close();
  }
});

test('a start that takes its time is followed, and one that fails says why', async () => {
  const hub = await startHub({ behaviour: { kind: 'bad', how: 'reject', message: 'The image is gone.' } as never });
  const slow = await startHub({ behaviour: never('start'), overrides: { slowMs: 1 } });
  try {
    makeUser(hub, 'alice');
    expect(await run(['launch', 'alice'], settingsOf(hub))).toMatchObject({ code: 1, notes: expect.arrayContaining([expect.stringContaining('The image is gone.')]) });
    const alice = makeUser(slow, 'alice');
    const launched = run(['launch', 'alice'], settingsOf(slow));
    while (slow.store.servers.listOf(alice.id)[0]?.state.kind !== 'starting') await new Promise((resolve) => setImmediate(resolve));
    expect(await run(['stop', 'alice'], settingsOf(slow))).toMatchObject({ code: 0 });
    expect((await launched).code).toBe(1);
  } finally {
    await Promise.all([hub.close(), slow.close()]);
  }
});

test('a reader that has seen enough ends a command without a word, as it ends any other program', async () => {
  const main = path.resolve(__dirname, '../../hub/cli/main.ts');
  const child = spawn(process.execPath, ['-r', path.resolve(__dirname, '../support/typescript.cjs'), main, 'config', 'show'], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect([code, said]).toEqual([141, '']);
});

test('a template is copied into the workspace, again under a new name, and its address is printed; an unknown one starts nothing', async () => {
  const hub = await startHub({ settings: { paths: { templates: path.resolve(__dirname, '../../templates') } } });
  try {
    makeUser(hub, 'alice');
    expect(await run(['launch', 'alice', '--template', 'absent'], settingsOf(hub))).toMatchObject({ code: 1, notes: [expect.stringMatching(/Invalid template: absent.*There are: alpha_research, .*first_notebook/)] });
    expect(hub.spawner.started).toEqual([]);
    const at = (name: string): string => new URL(`user/alice/lab/tree/${name}`, hub.hub.url).href;
    expect(await run(['launch', 'alice', '--template', 'first_notebook'], settingsOf(hub))).toMatchObject({ code: 0, out: [at('first_notebook.ipynb')] });
    expect(await run(['launch', 'alice', '--template', 'first_notebook'], settingsOf(hub))).toMatchObject({ code: 0, out: [at('first_notebook-2.ipynb')] });
  } finally {
    await hub.close();
  }
});
