import { loadConfig } from '../../hub/config';
import { DEFAULT_SERVER } from '../../hub/domain/ids';
import type { Handle } from '../../hub/domain/server';
import { openStore } from '../../hub/store/create-store';
import type { Store } from '../../hub/store/store';
import { LABEL } from '../../spawner/labels';
import { makeToken, makeUser } from '../support/factories';
import { connectKernel } from '../support/kernel-client';
import { startHub, type TestHub } from '../support/start-hub';
import { containerOf, inLab, startTestEngine, type TestEngine } from '../support/test-engine';

jest.setTimeout(180_000);

/** `images/stacks`, `images/platform` and `images/notebook`. */
const STACKS = 'berth/stacks-test:local';
const PLATFORM = 'berth/platform-test:local';
const NOTEBOOK = 'berth/notebook:latest';

let test_: TestEngine;
let singleuser: string;
const open: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  test_ = await startTestEngine({ networkPool: '10.232.0.0/20', internalPort: 8098 });
  singleuser = await test_.commanded(NOTEBOOK, 'berth-test-singleuser', ['jupyterhub-singleuser']);
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
afterAll(() => test_.close());

interface Lab {
  readonly hub: TestHub;
  readonly store: Store;
  readonly handle: () => Handle;
  /** Runs Python in a kernel, by way of the hub. */
  readonly execute: (code: string) => Promise<string>;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

/** The real hub with nothing but this in its environment, and a server of its default profile. */
async function startLab(env: Readonly<Record<string, string>>, name: string, profiles: readonly object[] = []): Promise<Lab> {
  const { config } = loadConfig(env, test_.settings.dataDir);
  const store = openStore(':memory:');
  const hub = await startHub({ settings: { image: { notebook: config.image.notebook }, profiles, server: { stopGrace: '2s' } }, overrides: { store, spawner: test_.another() } });
  open.push(() => store.close(), () => hub.close());
  const user = makeUser({ store }, name);
  const token = makeToken(hub, user);
  const { servers, actors } = hub.hub.services;
  const state = () => store.servers.ensure(user.id, DEFAULT_SERVER).state;
  const start = async (): Promise<void> => {
    await servers.start(actors.ofUser(user, 'cookie', 'test'), user, DEFAULT_SERVER, {}).settled;
    if (state().kind !== 'ready') throw new Error(JSON.stringify(state()));
  };
  const stop = (): Promise<void> => servers.stopAllOf(user.id);
  const handle = (): Handle => {
    const now = state();
    if (now.kind !== 'ready') throw new Error(`it is ${now.kind}`);
    return now.handle;
  };
  const execute = async (code: string): Promise<string> => {
    const server = `${hub.origin}/user/${name}/`;
    const made = await fetch(`${server}api/kernels`, { method: 'POST', headers: { Authorization: `token ${token}` } });
    expect(made.status).toBe(201);
    const client = await connectKernel(server, ((await made.json()) as { readonly id: string }).id, token);
    try {
      return await client.execute(code);
    } finally {
      client.close();
    }
  };
  open.push(stop);
  await start();
  return { hub, store, handle, execute, stop, start };
}

const mountsOf = async (lab: Lab): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await containerOf(lab.handle()).inspect()).Mounts.filter((mount) => mount.Type === 'volume').map((mount) => [(mount.Name ?? '').replace(/^.*_/, ''), mount.Destination]));

const WHO = 'import os; print(os.getuid(), os.environ["HOME"], os.path.expanduser("~"), os.getcwd())';
const write = (paths: readonly string[]): string => `import os\nfor p in ${JSON.stringify(paths)}: os.makedirs(os.path.dirname(p), exist_ok=True); open(p, "w").write("kept")\nprint("written")`;
const read = (paths: readonly string[]): string => `for p in ${JSON.stringify(paths)}: print(open(p).read())`;

/** Written by the kernel, these are there again in a new container. */
async function keeps(lab: Lab, paths: readonly string[]): Promise<void> {
  expect(await lab.execute(write(paths))).toBe('written');
  const before = (await containerOf(lab.handle()).inspect()).Id;
  await lab.stop();
  await lab.start();
  expect((await containerOf(lab.handle()).inspect()).Id).not.toBe(before);
  expect((await lab.execute(read(paths))).split('\n')).toEqual(paths.map(() => 'kept'));
}

test('an image laid out like docker-stacks starts with nothing but its name, by its own entrypoint and PATH, and keeps its people\'s files', async () => {
  const lab = await startLab({ DOCKER_NOTEBOOK_IMAGE: STACKS, NOTEBOOK_IMAGE: 'example/not-this-one:1' }, 'alice');
  expect(lab.hub.hub.routes.list()).toMatchObject([{ prefix: '/user/alice/', upstream: { kind: 'injected' } }]);
  expect(await lab.execute(WHO)).toBe('1000 /home/jovyan /home/jovyan /home/jovyan/work');
  expect(await mountsOf(lab)).toEqual({ home: '/home/jovyan', workspace: '/home/jovyan/work', cache: '/home/jovyan/.cache', shared: '/mnt/shared' });
  expect((await inLab(lab.handle(), 'sh', '-c', 'tr "\\0" " " < /proc/1/cmdline; command -v jupyter')).out).toMatch(/\/opt\/conda\/bin\/jupyter$/);
  expect((await test_.another().logs(lab.handle(), 200)).join('\n')).toContain('Entered start.sh with args: jupyter lab');
  await keeps(lab, ['/home/jovyan/.config/mine', '/home/jovyan/work/notes/today.txt', '/home/jovyan/.cache/mine', '/mnt/shared/of-alice']);
});

test('an image laid out like the platform seed\'s starts with nothing but its name, with its volumes where that platform has them', async () => {
  const lab = await startLab({ NOTEBOOK_IMAGE: PLATFORM }, 'bob');
  expect(lab.hub.hub.routes.list()).toMatchObject([{ prefix: '/user/bob/', upstream: { kind: 'injected' } }]);
  expect(await lab.execute(WHO)).toBe('1000 /home/lab /home/lab /home/lab/workspace');
  expect(await mountsOf(lab)).toEqual({ home: '/home', workspace: '/home/lab/workspace', cache: '/home/lab/.cache', shared: '/mnt/shared' });
  expect(await lab.execute('print(open("welcome.txt").read())')).toBe('Files of the image.');
  await keeps(lab, ['/home/lab/.config/mine', '/home/lab/workspace/notes/today.txt', '/home/lab/.cache/mine', '/mnt/shared/of-bob']);
});

test('the image with JupyterHub\'s own program as its command signs visitors in by itself: found by the command, and known again after a restart of the hub', async () => {
  const lab = await startLab({ DOCKER_NOTEBOOK_IMAGE: singleuser }, 'carol');
  expect(lab.hub.hub.routes.list()).toMatchObject([{ prefix: '/user/carol/', upstream: { kind: 'singleuser' } }]);
  const { Config } = await containerOf(lab.handle()).inspect();
  expect([Config.Cmd, Config.Labels[LABEL.mode]]).toEqual([['jupyterhub-singleuser'], 'singleuser']);
  expect(await lab.execute(WHO)).toBe('1000 /home/jovyan /home/jovyan /home/jovyan/work');
  expect((await inLab(lab.handle(), 'sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" "\\n"')).out).toContain('jupyterhub-singleuser');

  await lab.hub.close();
  const again = await startHub({ settings: { image: { notebook: 'example/renamed:1' } }, overrides: { store: lab.store, spawner: test_.another() } });
  open.push(() => again.close());
  expect(again.hub.routes.list()).toMatchObject([{ prefix: '/user/carol/', upstream: { kind: 'singleuser' } }]);
  // A hub that ends while it proves the isolation would be in the way of the next one's proof.
  await again.hub.services.health.gate.passed(AbortSignal.timeout(60_000));
  await again.hub.services.servers.stopAllOf(lab.store.users.byName('carol' as never)?.id as never);
});

test.each([
  ['docker-stacks', 'dave', STACKS, {}, '/home/jovyan/work'],
  ['the platform seed', 'erin', PLATFORM, { JUPYTERLAB_STARTUP_MODE: 'jupyterhub' }, '/home/lab/workspace'],
])('an image laid out like that of %s signs visitors in by itself where its profile says so, by its own command', async (_, name, image, env, workspace) => {
  const lab = await startLab({}, name, [{ slug: 'own', title: 'Own', image, mode: 'singleuser', argv: [], env }]);
  expect(lab.hub.hub.routes.list()).toMatchObject([{ prefix: `/user/${name}/`, upstream: { kind: 'singleuser' } }]);
  expect((await inLab(lab.handle(), 'sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" "\\n"')).out).toContain('jupyterhub-singleuser');
  expect(await lab.execute('import os; print(os.getcwd())')).toBe(workspace);
});

test('images are asked once, and only by the engine: what they are is read from their configuration', async () => {
  const spawner = test_.another();
  const ask = (image: string) => spawner.describeImage(image, { signal: new AbortController().signal, onEvent: () => undefined });
  expect(await ask(STACKS)).toMatchObject({ mode: 'injected', layout: { home: '/home/jovyan', workspace: '/home/jovyan/work', user: null } });
  expect(await ask(PLATFORM)).toMatchObject({ mode: 'injected', layout: { home: '/home', userHome: '/home/lab', workspace: '/home/lab/workspace', user: null } });
  expect(await ask(singleuser)).toMatchObject({ mode: 'singleuser', layout: { user: '1000:100' } });
  await expect(ask('127.0.0.1:1/none:none')).rejects.toMatchObject({ code: 'spawn-failed' });
});
