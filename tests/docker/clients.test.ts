import { ContentsManager, KernelAPI, KernelManager, ServerConnection, SessionManager, type Kernel, type KernelMessage } from '@jupyterlab/services';
import WebSocket from 'ws';
import { jupyterArgv, LAYOUTS } from '../../hub/domain/layouts';
import type { ServerName } from '../../hub/domain/ids';
import type { User } from '../../hub/domain/user';
import { openStore } from '../../hub/store/create-store';
import type { Store } from '../../hub/store/store';
import { makeToken, makeUser } from '../support/factories';
import { createCookieClient } from '../support/cookie-client';
import { connectKernel } from '../support/kernel-client';
import { startHub, type TestHub } from '../support/start-hub';
import { eventually, startTestEngine, TEST_IMAGE, type TestEngine } from '../support/test-engine';

jest.setTimeout(120_000);

const LIMITS = { cpus: 1, memory: '1G', pids: 256 };
/** What a person gets who says nothing is the notebook image with Debian's package of JupyterHub 5.2.1; the other is the suites' small image. */
const PROFILES = [
  { slug: 'singleuser', title: 'JupyterHub', image: 'berth/notebook:latest', mode: 'singleuser', limits: LIMITS },
  { slug: 'injected', title: 'Jupyter Server', image: TEST_IMAGE, mode: 'injected', argv: [...jupyterArgv('server', LAYOUTS.jovyan)], limits: LIMITS },
];

// The library tells the console what it does.
for (const level of ['debug', 'warn', 'error'] as const) jest.spyOn(console, level).mockImplementation(() => undefined);

let engine: TestEngine;
let store: Store;
let hub: TestHub;
/** The name that hubtraf gives its first visitor. */
const TRIAL = 'trial-0';

beforeAll(async () => {
  engine = await startTestEngine({ networkPool: '10.224.0.0/16', internalPort: 8081 });
  store = openStore(':memory:');
  const settings = { profiles: PROFILES, authenticator: 'dummy', dummy: { password: 'hello' }, server: { stopGrace: '1s', startTimeout: '90s' } };
  hub = await startHub({ settings, overrides: { store, spawner: engine.another() } });
});
afterAll(async () => {
  for (const user of store.users.list({ offset: 0, limit: 10 }).users) await hub.hub.services.servers.stopAllOf(user.id);
  await hub.close();
  store.close();
  await engine.close();
});

const userOf = (name: string): User => {
  const user = store.users.byName(name as never);
  if (user === undefined) throw new Error(`there is no ${name}`);
  return user;
};
const tokenOf = (user: User, scopes?: readonly string[]): string => makeToken({ ...hub, store }, user, scopes);
const stateOf = (user: User) => store.servers.ensure(user.id, '' as ServerName).state;
const isReady = (user: User) => (): boolean => {
  const state = stateOf(user);
  if (state.kind === 'failed') throw new Error(JSON.stringify(state));
  return state.kind === 'ready';
};

describe('a load generator that behaves as hubtraf does, with one singleuser server', () => {
  test('signs in by the form, spawns, comes back when the server is ready, runs code, and cannot stop the server with the server\'s own XSRF token', async () => {
    const client = createCookieClient(hub.origin);
    const headers = { Referer: `${hub.origin}/hub/` };
    expect((await client.ask('GET', '/hub/login', { headers })).status).toBe(200);
    const form = { username: TRIAL, password: 'hello', _xsrf: client.cookie('_xsrf', '/hub/login') ?? '' };
    expect((await client.ask('POST', '/hub/login', { headers, form, redirects: false })).status).toBe(302);

    const first = await client.ask('GET', '/hub/spawn', { headers });
    expect([first.status, first.path]).toEqual([200, `/hub/spawn-pending/${TRIAL}`]);
    await eventually('the server is ready', isReady(userOf(TRIAL)), 90_000);
    const second = await client.ask('GET', '/hub/spawn', { headers });
    expect([second.status, second.path]).toEqual([200, `/user/${TRIAL}/lab`]);
    expect(second.way).toEqual([`/user/${TRIAL}/`, `/user/${TRIAL}/lab`, '/hub/api/oauth2/authorize', `/user/${TRIAL}/oauth_callback`, `/user/${TRIAL}/lab`]);

    const server = `/user/${TRIAL}/`;
    const bare = { ...headers, 'X-XSRFToken': client.cookie('_xsrf', server) ?? '' };
    // The one thing that hubtraf leaves out and this hub asks of whoever comes with a cookie alone (C10).
    expect((await client.ask('POST', `${server}api/kernels`, { headers: bare })).status).toBe(403);
    const own = { ...bare, Origin: hub.origin };
    const made = await client.ask('POST', `${server}api/kernels`, { headers: own });
    expect(made.status).toBe(201);
    const { id } = JSON.parse(made.text) as { readonly id: string };
    const kernel = await connectKernel(`${hub.origin}${server}`, id, { Cookie: client.cookieHeader(`${server}api/kernels/${id}/channels`), Origin: hub.origin });
    expect([await kernel.execute('print(5 * 8)'), await kernel.execute('print(6 * 7)')]).toEqual(['40', '42']);
    kernel.close();
    await kernel.closed;
    expect((await client.ask('DELETE', `${server}api/kernels/${id}`, { headers: own })).status).toBe(204);

    expect((await client.ask('DELETE', `/hub/api/users/${TRIAL}/server`, { headers: own })).status).toBe(403);
    expect(stateOf(userOf(TRIAL)).kind).toBe('ready');
  });

  test('a check with a token finds the server that runs already, and its kernels', async () => {
    const Authorization = `token ${tokenOf(userOf(TRIAL))}`;
    const again = await fetch(`${hub.origin}/hub/api/users/${TRIAL}/server`, { method: 'POST', headers: { Authorization } });
    expect([again.status, ((await again.json()) as { message: string }).message]).toEqual([400, `${TRIAL} is already running`]);
    expect(await (await fetch(`${hub.origin}/user/${TRIAL}/api/kernels`, { headers: { Authorization } })).json()).toEqual([]);
  });
});

/**
 * The library's own setting for programs that are no browser. By itself it puts the token into the address, which a server of JupyterHub
 * 5 takes from browsers alone (protocol, 2.6).
 */
const withToken = (token: string): typeof globalThis.WebSocket =>
  class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { headers: { Authorization: `token ${token}` } });
    }
  } as never;

/** The library's managers look every few seconds, and leave the timer of the next look behind when they are disposed of. */
async function end(manager: KernelManager | SessionManager): Promise<void> {
  await (manager as unknown as { readonly _pollModels: { stop(): Promise<void> } })._pollModels.stop();
  manager.dispose();
}

describe.each([['singleuser', TRIAL], ['injected', 'ada']])('@jupyterlab/services with a token of the hub, and a server of profile %s', (profile, name) => {
  let user: User;
  let settings: ServerConnection.ISettings;
  let kernels: KernelManager;
  let kernel: Kernel.IKernelConnection;

  const connect = (token: string): ServerConnection.ISettings => ServerConnection.makeSettings({ baseUrl: `${hub.origin}/user/${name}/`, token, appendToken: false, WebSocket: withToken(token) });
  /** Text of the result, or the name of the error. */
  const run = async (code: string, on: Kernel.IKernelConnection = kernel): Promise<string> => {
    const future = on.requestExecute({ code });
    let result = '';
    future.onIOPub = (message) => {
      if (message.header.msg_type === 'execute_result') result = String((message as KernelMessage.IExecuteResultMsg).content.data['text/plain']);
    };
    const { content } = await future.done;
    return content.status === 'error' ? content.ename : result;
  };

  beforeAll(async () => {
    user = store.users.byName(name as never) ?? makeUser({ store }, name);
    const actor = hub.hub.services.actors.ofUser(user, 'cookie', 'test');
    if (stateOf(user).kind !== 'ready') await hub.hub.services.servers.start(actor, user, '' as ServerName, { profile }).settled;
    expect([stateOf(user).kind, store.servers.ensure(user.id, '' as ServerName).profile]).toEqual(['ready', profile]);
    settings = connect(tokenOf(user, [`access:servers!server=${name}/`]));
    kernels = new KernelManager({ serverSettings: settings });
    kernel = await kernels.startNew({ name: 'python3' });
  });
  afterAll(async () => {
    kernel.dispose();
    await end(kernels);
  });

  test('starts a kernel and executes', async () => {
    expect(await run('6*7')).toBe('42');
    expect((await kernel.info).language_info.name).toBe('python');
  });

  test('answers what the code asks for', async () => {
    const future = kernel.requestExecute({ code: 'answer = input("name? ")', allow_stdin: true });
    const asked: string[] = [];
    future.onStdin = (message) => {
      if (message.header.msg_type !== 'input_request') return;
      asked.push((message as KernelMessage.IInputRequestMsg).content.prompt);
      future.sendInputReply({ value: 'ada', status: 'ok' }, message.header as KernelMessage.IInputRequestMsg['header']);
    };
    await future.done;
    expect([asked, await run('answer')]).toEqual([['name? '], "'ada'"]);
  });

  test('talks to a comm of the kernel, with bytes', async () => {
    const heard = new Promise<readonly unknown[]>((resolve) => {
      kernel.registerCommTarget('test', (comm, opened) => {
        comm.onMsg = ({ content, buffers }) => resolve([opened.content.data, content.data, [...new Uint8Array((buffers?.[0] as DataView).buffer, (buffers?.[0] as DataView).byteOffset, (buffers?.[0] as DataView).byteLength)]]);
      });
    });
    await run('from ipykernel.comm import Comm\nc = Comm(target_name="test", data={"a": 1})\nc.send({"b": 2}, buffers=[bytes([0, 13, 10, 255])])');
    expect(await heard).toEqual([{ a: 1 }, { b: 2 }, [0, 13, 10, 255]]);
  });

  test('interrupts and restarts it', async () => {
    const working = kernel.requestExecute({ code: 'print("begun", flush=True)\nimport time\ntime.sleep(600)' });
    await new Promise<void>((resolve) => (working.onIOPub = (message) => void (message.header.msg_type === 'stream' && resolve())));
    await kernel.interrupt();
    expect((await working.done).content).toMatchObject({ status: 'error', ename: 'KeyboardInterrupt' });
    await run('kept = 1');
    await kernel.restart();
    expect([await run('kept'), await run('6*7')]).toEqual(['NameError', '42']);
  });

  test('lists sessions, and reads and writes files', async () => {
    const contents = new ContentsManager({ serverSettings: settings });
    const sessions = new SessionManager({ serverSettings: settings, kernelManager: kernels });
    const path = 'a b+ä.txt';
    await contents.save(path, { type: 'file', format: 'text', content: 'one\ntwo\n' });
    expect(await contents.get(path)).toMatchObject({ content: 'one\ntwo\n', type: 'file' });
    await contents.delete(path);
    await expect(contents.get(path)).rejects.toMatchObject({ response: { status: 404 } });
    const session = await sessions.startNew({ path: 'a.ipynb', name: 'a.ipynb', type: 'notebook', kernel: { name: 'python3' } });
    await sessions.refreshRunning();
    expect([...sessions.running()].map((model) => model.path)).toEqual(['a.ipynb']);
    await session.shutdown();
    await sessions.refreshRunning();
    expect([...sessions.running()]).toEqual([]);
    await end(sessions);
    contents.dispose();
  });

  test('a token without access:servers gets 403, and its WebSocket never opens', async () => {
    const other = connect(tokenOf(user, [`read:users!user=${name}`]));
    await expect(KernelAPI.startNew({ name: 'python3' }, other)).rejects.toMatchObject({ response: { status: 403 } });
    const url = `${settings.wsUrl}api/kernels/${kernel.id}/channels`;
    const opens = ({ WebSocket: Socket }: ServerConnection.ISettings): Promise<boolean> => new Promise((resolve) => {
      const socket = new Socket(url, []);
      socket.onopen = () => socket.close();
      socket.onerror = () => resolve(false);
      socket.onclose = ({ wasClean }) => resolve(wasClean);
    });
    expect([await opens(other), await opens(settings)]).toEqual([false, true]);
  });

  test('a token that is revoked takes its WebSocket with it, and gets 403 from then on', async () => {
    const token = tokenOf(user);
    const theirs = new KernelManager({ serverSettings: connect(token) });
    const shared = theirs.connectTo({ model: { id: kernel.id, name: kernel.name } });
    expect(await run('6*7', shared)).toBe('42');
    const lost = new Promise<string>((resolve) => shared.connectionStatusChanged.connect((_kernel, status) => void (status !== 'connected' && resolve(status))));
    const headers = { Authorization: `token ${token}` };
    const { token_id: id } = (await (await fetch(`${hub.origin}/hub/api/user`, { headers })).json()) as { readonly token_id: string };
    expect((await fetch(`${hub.origin}/hub/api/users/${name}/tokens/${id}`, { method: 'DELETE', headers })).status).toBe(204);
    expect(await lost).not.toBe('connected');
    shared.dispose();
    await expect(KernelAPI.startNew({ name: 'python3' }, theirs.serverSettings)).rejects.toMatchObject({ response: { status: 403 } });
    await end(theirs);
    // The other token's is where it was.
    expect([kernel.connectionStatus, await run('6*7')]).toEqual(['connected', '42']);
  });

  test('shuts the kernel down, and the server stops', async () => {
    await kernel.shutdown();
    await kernels.refreshRunning();
    expect([...kernels.running()]).toEqual([]);
    const stopped = await fetch(`${hub.origin}/hub/api/users/${name}/server`, { method: 'DELETE', headers: { Authorization: `token ${tokenOf(user)}` } });
    expect([202, 204]).toContain(stopped.status);
    await eventually('it is stopped', () => stateOf(user).kind === 'stopped', 30_000);
    const gone = await fetch(`${hub.origin}/user/${name}/api/kernels`, { headers: { Authorization: `token ${tokenOf(user)}` } });
    expect(gone.status).toBe(424);
  });
});
