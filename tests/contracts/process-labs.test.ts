import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Handle } from '../../hub/domain/server';
import { findJupyter } from '../../spawner/process/jupyter';
import { serverProfile } from '../../spawner/profiles';
import type { Health } from '../../spawner/spawner';
import { installFakeJupyter } from '../support/fake-jupyter/install';
import { hostAddresses } from '../support/in-container';
import { createProcessLabs, filesOf, labRequest, processesIn, SECRET, type ProcessLabs } from '../support/process-labs';
import { eventually } from '../support/test-engine';

jest.setTimeout(60_000);

const options = () => ({ signal: new AbortController().signal, onEvent: () => undefined, onHandle: () => undefined });
let labs: ProcessLabs;
beforeEach(() => {
  labs = createProcessLabs();
});
afterEach(async () => {
  await labs.close();
  expect(processesIn(labs.settings.labsDir)).toEqual([]);
});

interface Seen {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly argv: readonly string[];
  readonly kernel: number;
}

const originOf = (health: Health): string => (health.kind === 'running' ? health.origin : `it is ${health.kind}`);
const ask = async (handle: Handle, owner: string): Promise<Seen> =>
  (await fetch(`${originOf(await labs.spawner.inspect(handle))}/user/${owner}/env`, { headers: { authorization: `token ${SECRET}` } })).json() as Promise<Seen>;
const alive = (pid: number): boolean => existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

test('a lab gets an allow-list of the environment, its secret in no argument, and folders of its owner\'s own', async () => {
  process.env['HUB_ADMIN_SECRET_OF_THE_TEST'] = 'never to be seen';
  const req = labRequest('alice', { env: { PYTHONPATH: '/app', TEAM: 'blue' } });
  const handle = await labs.spawner.start(req, options());
  const seen = await ask(handle, 'alice');
  expect(JSON.stringify(seen)).not.toContain('never to be seen');
  expect(seen.env).toMatchObject({ HOME: filesOf(labs, req, 'home'), XDG_CACHE_HOME: filesOf(labs, req, 'cache'), TEAM: 'blue', USER_ID: 'alice', JUPYTER_TOKEN: SECRET });
  expect(Object.keys(seen.env).filter((name) => name.startsWith('HUB_') || name === 'DATA_PATH')).toEqual([]);
  expect(seen.cwd).toBe(filesOf(labs, req, 'workspace'));
  expect(readFileSync(`/proc/${labs.pidOf(handle)}/cmdline`, 'utf8')).not.toContain(SECRET);
  expect(seen.argv).toContain(`--ServerApp.root_dir=${filesOf(labs, req, 'workspace')}`);
  delete process.env['HUB_ADMIN_SECRET_OF_THE_TEST'];
});

test('whatever a profile says, a lab listens on loopback alone, and what is no Jupyter is refused', async () => {
  const profile = serverProfile({ image: 'none', argv: ['jupyter', 'server', '--ip', '0.0.0.0', '--ServerApp.port=1', '--allow-root', '--ServerApp.base_url={prefix}'] });
  const handle = await labs.spawner.start(labRequest('bob', { profile }), options());
  const { argv } = await ask(handle, 'bob');
  expect(argv.filter((arg) => /^--.*(?:ip|port|root)/.test(arg.split('=')[0] ?? ''))).toEqual(['--ip=127.0.0.1', expect.stringMatching(/^--port=\d+$/), '--ServerApp.port_retries=0', expect.stringContaining('root_dir')]);
  const { port } = new URL(originOf(await labs.spawner.inspect(handle)));
  for (const host of hostAddresses().filter((address) => !address.includes(':'))) await expect(fetch(`http://${host}:${port}/user/bob/api`)).rejects.toThrow();
  const other = serverProfile({ image: 'none', argv: ['python3', '-m', 'http.server'] });
  await expect(labs.spawner.start(labRequest('bob', { profile: other }), options())).rejects.toMatchObject({ code: 'spawn-failed', message: expect.stringContaining('nothing else can be started') });
});

test('one that ignores being asked is killed after its grace, and its kernel, in a session of its own, with it', async () => {
  const handle = await labs.spawner.start(labRequest('carol', { env: { FAKE_JUPYTER: 'stubborn' } }), options());
  const [lab, { kernel }] = [labs.pidOf(handle), await ask(handle, 'carol')];
  expect([alive(lab), alive(kernel)]).toEqual([true, true]);
  await labs.spawner.stop(handle, { graceMs: 100 });
  expect([alive(lab), alive(kernel)]).toEqual([false, false]);
});

test('a lab that is killed takes its kernel with it, and its end is told with a reason', async () => {
  const handle = await labs.spawner.start(labRequest('dave'), options());
  const { kernel } = await ask(handle, 'dave');
  const told = new Promise<void>((resolve) => labs.spawner.onExit(() => resolve()));
  process.kill(labs.pidOf(handle), 'SIGKILL');
  await told;
  await eventually('the kernel ends', () => !alive(kernel));
  expect(await labs.spawner.inspect(handle)).toMatchObject({ kind: 'exited', detail: 'It was killed (SIGKILL).' });
});

test('one that ends at once is told with its code, to the next hub, too', async () => {
  const handle = await labs.spawner.start(labRequest('erin', { env: { FAKE_JUPYTER: 'exits' } }), options());
  expect(await labs.spawner.inspect(handle)).toMatchObject({ kind: 'exited', exitCode: 3 });
  const next = labs.another();
  await eventually('the code is kept', async () => JSON.stringify(await next.inspect(handle)).includes('It ended with code 3.'));
});

test('one that never listens is given up when its time is over, and nothing of it stays', async () => {
  const abort = new AbortController();
  const onEvent = ({ kind }: { readonly kind: string }): void => (kind === 'started' ? abort.abort() : undefined);
  await expect(labs.spawner.start(labRequest('frank', { env: { FAKE_JUPYTER: 'never' } }), { ...options(), onEvent, signal: abort.signal })).rejects.toMatchObject({ code: 'spawn-failed' });
  expect(await labs.spawner.list()).toEqual([]);
  expect(processesIn(labs.settings.labsDir)).toEqual([]);
});

test('one that takes long to listen is only asked whether it answers, so that its log is there when it never does', async () => {
  const impatient = labs.another({}, 0);
  const handle = await impatient.start(labRequest('frank', { env: { FAKE_JUPYTER: 'never' } }), options());
  await eventually('it has written', async () => (await impatient.logs(handle, 10)).join().includes('loading extensions'));
  expect((await impatient.inspect(handle)).kind).toBe('running');
});

test('a port that somebody takes at the last moment costs another attempt, not the start', async () => {
  const stages: string[] = [];
  const handle = await labs.spawner.start(labRequest('grace', { env: { FAKE_JUPYTER: 'robbed-once' } }), { ...options(), onEvent: ({ kind }) => stages.push(kind) });
  expect((await ask(handle, 'grace')).argv).toContain(`--port=${new URL(originOf(await labs.spawner.inspect(handle))).port}`);
  expect(stages).toEqual(['preparing', 'created', 'started']);
});

test('a number that means another process by now is never touched', async () => {
  const handle = await labs.spawner.start(labRequest('heidi'), options());
  const bystander = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  const file = path.join(labs.settings.labsDir, '.runs', handle.id, 'pid');
  const written = readFileSync(file, 'utf8').split('\n');
  process.kill(labs.pidOf(handle), 'SIGKILL');
  writeFileSync(file, [bystander.pid, ...written.slice(1)].join('\n'));
  const next = labs.another();
  expect((await next.inspect(handle)).kind).toBe('exited');
  await next.stop(handle, { graceMs: 0 });
  expect(alive(bystander.pid ?? 0)).toBe(true);
  bystander.kill('SIGKILL');
  await once(bystander, 'exit');
});

test('sizes and the archive are those of the files, and what there is not cannot be archived', async () => {
  const req = labRequest('ivan');
  const handle = await labs.spawner.start(req, options());
  writeFileSync(path.join(filesOf(labs, req, 'workspace'), 'data.bin'), Buffer.alloc(1_000_000, 1));
  const sizes = await labs.spawner.measureVolumes(new AbortController().signal);
  const workspace = req.volumes.find(({ purpose }) => purpose === 'workspace');
  expect(sizes.find(({ id }) => id === workspace?.id)?.bytes).toBeGreaterThanOrEqual(1_000_000);
  const ask = { image: '', signal: new AbortController().signal };
  const tar = Buffer.concat(await (await labs.spawner.archiveVolumes(req.volumes, ask)).toArray());
  expect([tar.includes('workspace/data.bin'), tar.includes('home/'), tar.includes('.berth.json')]).toEqual([true, true, false]);
  await expect(labs.spawner.archiveVolumes(labRequest('ivan').volumes, ask)).rejects.toMatchObject({ code: 'not-found' });
  await labs.spawner.stop(handle, { graceMs: 0 });
});

test('a stop tells what remains, before it is gone', async () => {
  const handle = await labs.spawner.start(labRequest('olivia'), options());
  const told: unknown[] = [];
  await labs.spawner.stop(handle, { graceMs: 5_000, onRemains: (remains) => told.push(remains) });
  expect(told).toEqual([{ exitCode: 0, oomKilled: false, memory: { peak: null, limit: null }, logTail: expect.arrayContaining(['my token is [secret]']) }]);
});

/** Starts labs in a process of its own, which is killed when `when` has seen what it wants; resolves with what it told. */
async function killedWhile(when: (output: string) => boolean, owners: readonly string[], afterMs = 0): Promise<string> {
  const file = path.join(labs.settings.labsDir, '..', 'child.json');
  writeFileSync(file, JSON.stringify({ settings: labs.settings, requests: owners.map((owner) => labRequest(owner)) }));
  const child = spawn(process.execPath, ['-r', path.join(__dirname, '../support/typescript.cjs'), path.join(__dirname, '../support/child-process-labs.ts'), file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (when(output)) setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  await once(child, 'exit');
  return output;
}

test('a hub that is killed at any moment of a start leaves no process that the next one does not find', async () => {
  for (const [stage, afterMs] of [['preparing', 0], ['preparing', 3], ['created', 0], ['created', 2], ['created', 8], ['started', 0], ['started', 30]] as const) {
    await killedWhile((output) => output.includes(stage), ['judy'], afterMs);
    const next = labs.another();
    for (const { handle } of await next.list()) await next.stop(handle, { graceMs: 0 });
    // One that was about to begin finds its gate gone and ends by itself.
    await eventually(`nothing runs after an end at ${stage} + ${afterMs} ms`, () => processesIn(labs.settings.labsDir).length === 0);
    expect(await next.list()).toEqual([]);
  }
});

test('labs outlive a hub that is killed, the next one serves them again and hears of their end', async () => {
  const output = await killedWhile((text) => text.split('runs ').length === 3 && text.endsWith('\n'), ['mallory', 'niaj']);
  const handles = [...output.matchAll(/runs (\S+)/g)].map(([, id = '']): Handle => ({ spawner: 'process', id }));
  const next = labs.another();
  const told: string[] = [];
  next.onExit((_server, handle) => told.push(handle.id));
  expect((await next.list()).map(({ handle, running }) => [handle.id, running]).sort()).toEqual(handles.map(({ id }) => [id, true]).sort());
  const [first, second] = handles as [Handle, Handle];
  const answer = await fetch(`${originOf(await next.inspect(first))}/user/mallory/api/status`, { headers: { authorization: `token ${SECRET}` } });
  expect(answer.status).toBe(200);
  process.kill(labs.pidOf(first), 'SIGKILL');
  await eventually('its end is told', () => told.length > 0);
  await next.stop(second, { graceMs: 1_000 });
  expect(told).toEqual([first.id]);
});

test('without jupyter, or without its part, the reason says what to do', () => {
  const env = { PATH: '/nowhere' };
  expect(() => findJupyter({ env, subcommands: ['lab'] })).toThrow(/no program "jupyter" on the PATH\. Install JupyterLab/);
  const half = installFakeJupyter(['jupyter', 'jupyter-server']);
  expect(() => findJupyter({ env: { PATH: half.bin }, subcommands: ['lab'] })).toThrow(/"jupyter lab" is not installed beside/);
  expect(findJupyter({ env: { PATH: half.bin }, subcommands: ['server'] })).toBe(path.join(half.bin, 'jupyter'));
  half.remove();
});

test('the check says plainly that there is no isolation, and that this stops nothing', async () => {
  const { ok, checks } = await labs.spawner.check();
  expect(ok).toBe(true);
  expect(checks.find(({ name }) => name === 'isolation')).toMatchObject({ ok: false, level: 'advice', detail: expect.stringContaining('Labs run as you, without isolation: for one person on a laptop only.') });
});
