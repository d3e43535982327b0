import type { ServerId, UserId } from '../../hub/domain/ids';
import { DEFAULT_SERVER } from '../../hub/domain/ids';
import { runCli } from '../../hub/cli/program';
import { makeToken, makeUser } from '../support/factories';
import { startHub, type TestHub } from '../support/start-hub';

let hub: TestHub;
beforeAll(async () => {
  hub = await startHub({ settings: { profiles: [{ slug: 'small', title: 'Small', image: 'x' }, { slug: 'big', title: 'Big', image: 'x' }], server: { named: true, cap: 0 } } });
});
afterAll(() => hub.close());

let n = 0;
interface Person {
  readonly name: string;
  readonly id: UserId;
  readonly token: string;
  ask(method: string, path: string, body?: unknown): Promise<Response>;
  record(): ReturnType<typeof hub.store.servers.find>;
}

function person(): Person {
  const name = `person${(n += 1)}`;
  const user = makeUser(hub, name);
  const token = makeToken(hub, user);
  const ask = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${hub.origin}/hub/api/users/${name}/${path}`, { method, headers: { authorization: `token ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { name, id: user.id, token, ask, record: () => hub.store.servers.find(user.id, DEFAULT_SERVER) };
}

const idOf = (someone: Person): ServerId => someone.record()?.id ?? ('' as ServerId);
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};

test('restart-server answers 400 for a server that does not run, 200 for one that does, and 404 for nobody', async () => {
  const alice = person();
  expect((await alice.ask('POST', 'restart-server')).status).toBe(400);
  expect((await alice.ask('POST', 'server')).status).toBe(201);
  const before = alice.record();
  expect((await alice.ask('POST', 'restart-server')).status).toBe(200);
  const after = alice.record();
  expect(after?.state).toMatchObject({ kind: 'ready', handle: before?.state.kind === 'ready' ? before.state.handle : null });
  expect(after?.secret).toBe(before?.secret);
  const nobody = await fetch(`${hub.origin}/hub/api/users/nobody-here/restart-server`, { method: 'POST', headers: { authorization: `token ${alice.token}` } });
  expect(nobody.status).toBe(404);
});

test('a named server is restarted and recreated as the default one is, and an unknown one is 404', async () => {
  const alice = person();
  expect((await alice.ask('POST', 'servers/gpu')).status).toBe(201);
  expect((await alice.ask('POST', 'servers/gpu/restart')).status).toBe(200);
  expect((await alice.ask('POST', 'servers/gpu/recreate', { profile: 'big' })).status).toBe(200);
  expect((await alice.ask('GET', 'servers/gpu/post-mortem').then((res) => res.json())) as unknown).toMatchObject({ last_end: { cause: 'asked' } });
  for (const path of ['servers/none/restart', 'servers/none/recreate']) expect((await alice.ask('POST', path)).status).toBe(404);
});

test('recreate takes another profile, and refuses one that there is not', async () => {
  const alice = person();
  await alice.ask('POST', 'server', { profile: 'small' });
  const secret = alice.record()?.secret;
  expect((await alice.ask('POST', 'server/recreate', { profile: 'none' })).status).toBe(400);
  expect(alice.record()?.state.kind).toBe('ready');
  expect((await alice.ask('POST', 'server/recreate', { profile: 'big' })).status).toBe(200);
  expect(alice.record()).toMatchObject({ profile: 'big', state: { kind: 'ready' } });
  expect(alice.record()?.secret).not.toBe(secret);
});

test('the profile of a stopped server is changed, and its next start has it', async () => {
  const alice = person();
  expect((await alice.ask('PATCH', 'server', { user_options: { profile: 'big' } })).status).toBe(200);
  await alice.ask('POST', 'server');
  expect(alice.record()?.profile).toBe('big');
  expect((await alice.ask('PATCH', 'server', { user_options: { profile: 'small' } })).status).toBe(400);
});

test('M05: an end for want of memory is told with its exit code, its memory, its last lines, and what to do', async () => {
  const alice = person();
  await alice.ask('POST', 'server');
  hub.spawner.say(idOf(alice), `the secret is ${alice.record()?.secret}`);
  await hub.spawner.kill(idOf(alice), { exitCode: 137, oomKilled: true });
  await until(() => alice.record()?.state.kind === 'failed');
  const told = (await (await alice.ask('GET', 'server/post-mortem')).json()) as Record<string, Record<string, unknown>>;
  expect(told['last_end']).toMatchObject({ cause: 'memory', exit_code: 137, memory: { peak_bytes: 2 * 1024 ** 3, limit_bytes: 2 * 1024 ** 3 }, advice: expect.stringContaining('2.0 GiB of 2.0 GiB') as string });
  expect(told['last_end']?.['log']).toEqual(expect.arrayContaining(['the secret is [secret]']));
  // JupyterHub's own model has no more fields than it had.
  expect(JSON.stringify(await (await alice.ask('GET', 'server')).json())).not.toContain('last_end');
  const cli: string[] = [];
  await runCli(['servers', '--why', alice.name], { env: { HUB_DATA_DIR: hub.hub.config.dataDir }, cwd: '/', out: (line) => void cli.push(line), note: (line) => void cli.push(line), ask: () => Promise.reject(new Error('asked')) });
  expect(cli.join('\n')).toMatch(/used more memory than it may[\s\S]*Exit code: 137[\s\S]*What to do: The memory limit was reached[\s\S]*\[secret\]/);
});

test('O12: a kernel that was killed for memory in a living server is named, with the time and the limit', async () => {
  const alice = person();
  await alice.ask('POST', 'server');
  hub.spawner.killChild(idOf(alice), new Date());
  expect(await (await alice.ask('GET', 'server/post-mortem')).json()).toMatchObject({ last_end: null, kernel_killed: { summary: expect.stringMatching(/killed for memory at \d\d:\d\d UTC \(2\.0 GiB of 2\.0 GiB\)/) as string } });
  hub.spawner.pause(idOf(alice));
  expect(await (await alice.ask('GET', 'server/post-mortem')).json()).toMatchObject({ paused_since: expect.any(String) as string });
});

/** Events of a stream, as they come. */
async function readEvents(res: Response, got: Record<string, unknown>[]): Promise<void> {
  let rest = '';
  for await (const chunk of res.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + Buffer.from(chunk).toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data: ')) got.push(JSON.parse(line.slice('data: '.length)) as Record<string, unknown>);
  }
}

test('O07: a log is followed by its owner, hides the secret, and says that it ended when the server does', async () => {
  const alice = person();
  await alice.ask('POST', 'server');
  hub.spawner.say(idOf(alice), 'one');
  const res = await alice.ask('GET', 'server/logs?follow=1&lines=1');
  expect(res.headers.get('content-type')).toBe('text/event-stream');
  const got: Record<string, unknown>[] = [];
  const done = readEvents(res, got);
  await until(() => got.length === 1);
  hub.spawner.say(idOf(alice), `two ${alice.record()?.secret}`);
  await until(() => got.length === 2);
  await alice.ask('DELETE', 'server');
  await done;
  expect(got).toEqual([{ lines: ['one'] }, { lines: ['two [secret]'] }, { ended: true }]);
  expect(((await (await alice.ask('GET', 'server/logs?lines=1')).json()) as { lines: string[] }).lines).toEqual(['two [secret]']);
});

test('O07: a log ends with its reader and with the token it was opened with', async () => {
  const alice = person();
  await alice.ask('POST', 'server');
  const res = await alice.ask('GET', 'server/logs?follow=1');
  const done = readEvents(res, []);
  for (const { id } of hub.store.tokens.listOf(alice.id)) hub.hub.services.tokens.revoke(hub.hub.services.actors.local(), { ...hub.store.users.byId(alice.id) } as never, id);
  await done;
});

test.each(['lines=0', 'lines=1001', 'lines=x', 'follow=yes'])('the log refuses %s', async (query) => {
  expect((await person().ask('GET', `server/logs?${query}`)).status).toBe(400);
});

test('the command line restarts, recreates and reads the log, and asks before it ends anything', async () => {
  const alice = person();
  await alice.ask('POST', 'server');
  const run = async (args: readonly string[], answer?: string) => {
    const out: string[] = [];
    const asked: string[] = [];
    const ask = (question: string): Promise<string> => {
      asked.push(question);
      return Promise.resolve(answer ?? '');
    };
    const code = await runCli(args, { env: { HUB_DATA_DIR: hub.hub.config.dataDir }, cwd: '/', out: (line) => void out.push(line), note: (line) => void out.push(line), ask });
    return { code, out, asked };
  };
  expect(await run(['restart', alice.name], 'no')).toMatchObject({ code: 1, asked: [expect.stringContaining('all its kernels')] });
  expect(await run(['restart', alice.name], alice.name)).toMatchObject({ code: 0, out: [`The server of ${alice.name} runs again.`] });
  expect(await run(['recreate', alice.name, '--yes', '--profile', 'big'])).toMatchObject({ code: 0, asked: [] });
  expect(alice.record()?.profile).toBe('big');
  hub.spawner.say(idOf(alice), 'the last line');
  expect(await run(['logs', alice.name, '-n', '1'])).toMatchObject({ code: 0, out: ['the last line'] });
  const looks = (): number => hub.store.audit.list({ offset: 0, limit: 20 }).filter(({ action, target }) => action === 'server.read-log' && target.includes(alice.name)).length;
  expect(looks()).toBe(1);
  const followed = run(['logs', alice.name, '-f', '-n', '1']);
  await until(() => looks() === 2);
  await alice.ask('DELETE', 'server');
  expect(await followed).toMatchObject({ code: 0, out: ['the last line'] });
});
