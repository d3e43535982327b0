import { get as httpGet, type IncomingMessage } from 'node:http';
import { never, bad } from '../../spawner/fake';
import type { User } from '../../hub/domain/user';
import { makeToken, makeUser } from '../support/factories';
import { createBrowser, NAVIGATION, signedInAs, type Browser } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

/** Runs a test on a hub of its own. */
const onHub = (options: Parameters<typeof startHub>[0], work: (hub: TestHub, alice: User, browser: Browser) => Promise<void>) => async (): Promise<void> => {
  const hub = await startHub(options);
  try {
    const alice = makeUser(hub, 'alice');
    await work(hub, alice, signedInAs(hub, alice));
  } finally {
    for (const user of hub.store.users.list({ offset: 0, limit: 10 }).users) await hub.hub.services.servers.stopAllOf(user.id);
    await hub.close();
  }
};
const NEVER = { behaviour: never('start') };
const bearer = (hub: TestHub, user: User) => ({ Authorization: `token ${makeToken(hub, user)}` });

describe('starting by page', () => {
  it('GET /hub/spawn starts the default server, waits on the pending page and leads to the server', onHub({}, async (hub, _alice, browser) => {
    const res = await browser.get('hub/spawn');
    expect([res.status, res.headers['location']]).toEqual([302, '/hub/spawn-pending/alice']);
    expect(hub.spawner.started).toHaveLength(1);
    const pending = await browser.get('hub/spawn-pending/alice?next=%2Fuser%2Falice%2Flab');
    expect(pending.headers['location']).toBe('/user/alice/lab');
    expect((await browser.get('hub/home')).text).toContain('href="/user/alice/"');
  }));

  it('C16: options in the address are shown and nothing starts before the button', onHub({}, async (hub, _alice, browser) => {
    const res = await browser.get('hub/spawn?image=evil&opt-cmd=%3Cb%3E', { 'Sec-Fetch-Site': 'cross-site' });
    expect(res.status).toBe(200);
    expect(res.text).toContain('evil');
    expect(res.text).toContain('&lt;b>');
    expect(hub.spawner.started).toHaveLength(0);
    const sent = await browser.post('hub/spawn/alice', { 'opt-image': 'evil' });
    expect([sent.status, sent.text.includes('Unknown options: image.')]).toEqual([400, true]);
    expect(hub.spawner.started).toHaveLength(0);
  }));

  it('C16: a link on another site shows the form, even without options', onHub({}, async (hub, _alice, browser) => {
    const res = await browser.get('hub/spawn', { 'Sec-Fetch-Site': 'cross-site' });
    expect([res.status, hub.spawner.started.length]).toEqual([200, 0]);
  }));

  it('offers profiles where there are several', onHub({ settings: { profiles: [{ slug: 'small', title: 'Small' }, { slug: 'large', title: 'Large' }] } }, async (hub, _alice, browser) => {
    expect((await browser.get('hub/home')).text).toContain('<option value="large">Large</option>');
    await browser.post('hub/spawn/alice', { profile: 'large' });
    expect(hub.spawner.started[0]?.profile.slug).toBe('large');
  }));

  it('shows live stages while it starts, and can be cancelled', onHub(NEVER, async (hub, _alice, browser) => {
    await browser.post('hub/spawn/alice');
    const page = await browser.get('hub/spawn-pending/alice');
    expect(page.status).toBe(200);
    expect(page.text).toMatch(/data-progress="\/hub\/api\/users\/alice\/server\/progress\?_xsrf=[\w-]+"/);
    const cancel = await browser.post('hub/stop/alice');
    expect([cancel.status, cancel.headers['location']]).toEqual([303, '/hub/home']);
    expect(hub.store.servers.list()[0]?.state.kind).toBe('stopped');
    expect((await browser.get('hub/home')).text).toContain('The server is stopping.');
    expect((await browser.get('hub/home')).text).not.toContain('The server is stopping.');
  }));

  it('says why a start failed, and offers another try', onHub({ behaviour: bad('exit') }, async (hub, _alice, browser) => {
    await browser.post('hub/spawn/alice');
    const page = await browser.get('hub/spawn-pending/alice');
    expect(page.status).toBe(500);
    expect(page.text).toContain('Try again');
    expect(hub.lines.filter((line) => line.level === 'error' && line.message.includes('unexpectedly'))).toEqual([]);
  }));

  it('nobody starts, watches or stops somebody else’s server', onHub({}, async (hub) => {
    const bob = signedInAs(hub, makeUser(hub, 'bob'));
    for (const path of ['hub/spawn/alice', 'hub/spawn-pending/alice', 'hub/stop/alice', 'hub/access/alice', 'user/alice/lab']) {
      const known = await bob.get(path);
      const unknown = await bob.get(path.replace('alice', 'nobody'));
      expect([path, known.status]).toEqual([path, 404]);
      expect(known.text.replace(/alice|Request id: [^<]+|[\w-]{43}/g, '')).toBe(unknown.text.replace(/nobody|Request id: [^<]+|[\w-]{43}/g, ''));
    }
    expect((await bob.post('hub/spawn/alice')).status).toBe(404);
    expect(hub.spawner.started).toHaveLength(0);
  }));

  it('somebody without the role researcher sees why there is no button', onHub({}, async (hub) => {
    const bob = signedInAs(hub, makeUser(hub, 'bob', { researcher: false }));
    expect((await bob.get('hub/home')).text).toContain('may not start servers');
    expect((await bob.get('hub/spawn')).status).toBe(403);
    expect((await bob.post('hub/spawn')).status).toBe(403);
  }));

  it('FEATURE_NOTEBOOK_LAUNCHER off: page and API say "Feature not available."', onHub({ settings: { features: { notebookLauncher: false } } }, async (hub, alice, browser) => {
    for (const res of [await browser.get('hub/spawn'), await browser.post('hub/spawn'), await createBrowser(hub).raw('post', 'hub/api/users/alice/server', bearer(hub, alice))]) {
      expect(res.status).toBe(501);
      expect(res.text).toContain('Feature not available.');
    }
    expect((await browser.get('hub/home')).text).not.toContain('/hub/spawn');
  }));
});

describe('servers that are not running', () => {
  it('a person gets a page with a start button that comes back to the same address', onHub({}, async (_hub, _alice, browser) => {
    const res = await browser.get('user/alice/lab/tree/a%20b.ipynb?reset');
    expect(res.status).toBe(424);
    expect(res.text).toContain('name="next" value="/user/alice/lab/tree/a%20b.ipynb?reset"');
    expect(res.text).toContain('action="/hub/spawn/alice"');
  }));

  it('a program gets 424 JSON in JupyterHub’s words', onHub({}, async (hub, alice, browser) => {
    const anyone = createBrowser(hub);
    const answers = [
      await anyone.raw('get', 'user/alice/api/kernels', bearer(hub, alice)),
      await anyone.raw('get', 'user/alice/lab', { ...bearer(hub, alice), Accept: 'application/json' }),
      await anyone.raw('post', 'user/alice/api/kernels', bearer(hub, alice)),
      // JupyterLab in a browser: it knows no token of the hub.
      await browser.raw('get', 'user/alice/api/kernels', { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' }),
    ];
    for (const res of answers) {
      expect(res.status).toBe(424);
      expect(res.body.message).toMatch(/^JupyterHub server no longer running at \/user\/alice\/\S+\. Restart the server at http:\/\/localhost:\d+\/hub\/spawn\/alice$/);
    }
  }));

  it('while it starts, a person is sent to the progress page', onHub(NEVER, async (_hub, _alice, browser) => {
    await browser.post('hub/spawn/alice');
    const res = await browser.get('user/alice/lab');
    expect([res.status, res.headers['location']]).toEqual([303, '/hub/spawn-pending/alice?next=%2Fuser%2Falice%2Flab']);
  }));

  it('strangers are sent to sign in, their programs get 403', onHub({}, async (hub) => {
    const anyone = createBrowser(hub);
    expect((await anyone.get('user/alice/lab?x=1')).headers['location']).toBe('/hub/login?next=%2Fuser%2Falice%2Flab%3Fx%3D1');
    const api = await anyone.raw('get', 'user/alice/api/kernels', { Accept: 'application/json' });
    expect([api.status, api.body.code]).toEqual([403, 'forbidden']);
  }));

  it('G03: only the right spelling is a page', onHub({}, async (_hub, _alice, browser) => {
    for (const path of ['USER/alice/', 'Hub/home', 'hub/Home', 'hub/home/', 'hub/users/alice', 'hub/api/Users', 'user/alicex/', 'user/al/']) expect([path, (await browser.get(path)).status]).toEqual([path, 404]);
    expect((await browser.get('users/alice')).headers['location']).toBe('/hub/users/alice');
    const bare = await browser.get('user/alice');
    expect([301, 302]).toContain(bare.status);
    expect(bare.headers['location']).toBe('/user/alice/');
  }));
});

describe('an administrator and somebody else’s server', () => {
  it('R01: is asked first; the confirmation opens it and is audited', onHub({}, async (hub, _alice, browser) => {
    await browser.post('hub/spawn/alice');
    const admin = signedInAs(hub, makeUser(hub, 'boss', { admin: true }));
    expect((await admin.get('user/alice/')).status).not.toBe(200);
    expect((await admin.get('hub/access/alice')).text).toContain('Open the server of alice?');
    expect(hub.store.audit.list({ offset: 0, limit: 50 }).some((entry) => entry.action === 'server.enter')).toBe(false);
    const yes = await admin.post('hub/access/alice');
    expect([yes.status, yes.headers['location']]).toEqual([303, '/user/alice/']);
    expect(hub.store.audit.list({ offset: 0, limit: 50 }).some((entry) => entry.action === 'server.enter' && entry.actor === 'boss' && entry.address === '127.0.0.1')).toBe(true);
    expect((await admin.get('user/alice/')).status).toBe(200);
  }));

  it('R01: its owner sees on the home page who entered, and when; nobody else does', onHub({}, async (hub, _alice, browser) => {
    await browser.post('hub/spawn/alice');
    expect((await browser.get('hub/home')).text).not.toContain('Who else opened your servers');
    const admin = signedInAs(hub, makeUser(hub, 'boss', { admin: true }));
    await admin.post('hub/access/alice');
    const { text } = await browser.get('hub/home');
    expect(text).toMatch(/Who else opened your servers.*<bdi>boss<\/bdi>, <time datetime="\d{4}-/s);
    expect((await admin.get('hub/home')).text).not.toContain('Who else opened your servers');
  }));
});

describe('starting by API', () => {
  it('POST answers 201 when ready, 400 in known words when it runs, DELETE 204 twice', onHub({}, async (hub, alice) => {
    const api = createBrowser(hub);
    const as = bearer(hub, alice);
    expect((await api.raw('post', 'hub/api/users/alice/server', as)).status).toBe(201);
    const again = await api.raw('post', 'hub/api/users/alice/server', as);
    expect([again.status, again.body]).toEqual([400, { status: 400, message: 'alice is already running' }]);
    const model = await api.raw('get', 'hub/api/users/alice', as);
    expect(model.body.servers['']).toMatchObject({ name: '', full_name: 'alice/', ready: true, pending: null, stopped: false, url: '/user/alice/', progress_url: '/hub/api/users/alice/server/progress' });
    expect(model.body.server).toBe('/user/alice/');
    expect('state' in model.body.servers['']).toBe(false);
    expect((await api.raw('delete', 'hub/api/users/alice/server', as)).status).toBe(204);
    expect((await api.raw('delete', 'hub/api/users/alice/server', as)).status).toBe(204);
    expect((await api.raw('get', 'hub/api/users/alice', as)).body.servers).toEqual({});
  }));

  it('M01: twenty at once start one server: one 201, the others 202, or 400 once it runs', onHub({}, async (hub, alice) => {
    const all = await Promise.all(Array.from({ length: 20 }, () => createBrowser(hub).raw('post', 'hub/api/users/alice/server', bearer(hub, alice))));
    const statuses = all.map((res) => res.status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status !== 201 && status !== 202 && status !== 400)).toEqual([]);
    expect(statuses).toContain(202);
    expect(hub.spawner.started).toHaveLength(1);
  }));

  it.each([['{"profile":"none"}'], ['{"image":"registry.example/evil:1"}'], ['{"user_options":{"image":"evil"}}'], ['{"profile":"default","image":"evil"}'], ['{"profile":"registry.example/evil:1"}']])('J27: %s, which is not offered, is 400 and starts nothing', (body) => onHub({}, async (hub, alice) => {
    const res = await createBrowser(hub).raw('post', 'hub/api/users/alice/server', bearer(hub, alice)).type('json').send(body);
    expect(res.status).toBe(400);
    expect(hub.spawner.started).toHaveLength(0);
  })());

  it('202 while it takes longer, and 500 with the reason when it failed', onHub({ ...NEVER, overrides: { slowMs: 50 } }, async (hub, alice) => {
    expect((await createBrowser(hub).raw('post', 'hub/api/users/alice/server', bearer(hub, alice))).status).toBe(202);
  }));

  it('500 with the reason when it failed', onHub({ behaviour: bad('exit') }, async (hub, alice) => {
    const res = await createBrowser(hub).raw('post', 'hub/api/users/alice/server', bearer(hub, alice));
    expect(res.status).toBe(500);
    expect(Object.keys(res.body).sort()).toEqual(['message', 'status']);
    expect(res.headers['x-hub-code']).toBe('spawn-failed');
  }));

  it.each([['[]'], ['"x"'], ['{"user_options":[]}'], ['{"display_name":1}'], ['{"profile":1}'], ['{"profile":"none"}'], ['{broken']])('a body of %s is 400', (body) => onHub({}, async (hub, alice) => {
    const res = await createBrowser(hub).raw('post', 'hub/api/users/alice/server', { ...bearer(hub, alice), 'Content-Type': 'application/json' }).send(body);
    expect(res.status).toBe(400);
  })());
});

describe('metrics of starts', () => {
  it.each([['success', undefined], ['failure', bad('exit')]] as const)('a start counts as %s', (status, behaviour) => onHub(behaviour === undefined ? {} : { behaviour }, async (hub, alice) => {
    await createBrowser(hub).raw('post', 'hub/api/users/alice/server', bearer(hub, alice));
    const root = makeUser(hub, 'root-of-all', { admin: true });
    const { text } = await createBrowser(hub).raw('get', 'hub/metrics', bearer(hub, root));
    expect(text).toContain(`jupyterhub_server_spawn_duration_seconds_count{status="${status}"} 1`);
  })());
});

describe('the progress stream', () => {
  const open = (hub: TestHub, headers: Record<string, string>): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => void httpGet(`${hub.origin}/hub/api/users/alice/server/progress`, { headers, agent: false }, resolve).once('error', reject));
  const read = async (res: IncomingMessage): Promise<Record<string, unknown>[]> => {
    let text = '';
    for await (const chunk of res as AsyncIterable<Buffer>) text += chunk.toString('utf8');
    return text.split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
  };

  it('H11: sends events as they come, uncompressed, and ends with the outcome', onHub({}, async (hub, alice) => {
    hub.hub.services.servers.start(hub.hub.services.actors.ofUser(alice, 'cookie', 'x'), alice, '' as never, {});
    const res = await open(hub, bearer(hub, alice));
    expect(res.headers['content-type']).toBe('text/event-stream');
    expect(res.headers['x-accel-buffering']).toBe('no');
    expect(res.headers['content-encoding']).toBeUndefined();
    const events = await read(res);
    expect(events.at(-1)).toEqual({ progress: 100, ready: true, message: 'Server ready at /user/alice/', html_message: 'Server ready at <a href="/user/alice/">/user/alice/</a>', url: '/user/alice/' });
    expect(events.some((event) => event['stage'] === 'started' && typeof event['at'] === 'string')).toBe(true);
  }));

  it('404 for a server that was never started, 400 for one that is idle', onHub({}, async (hub, alice) => {
    const as = bearer(hub, alice);
    expect((await open(hub, as)).statusCode).toBe(404);
    await createBrowser(hub).raw('post', 'hub/api/users/alice/server', as);
    await createBrowser(hub).raw('delete', 'hub/api/users/alice/server', as);
    expect((await open(hub, as)).statusCode).toBe(400);
  }));

  it('H10: at most twenty for one user, and a closed one makes room', onHub(NEVER, async (hub, alice, browser) => {
    await browser.post('hub/spawn/alice');
    const as = bearer(hub, alice);
    const streams = await Promise.all(Array.from({ length: 20 }, () => open(hub, as)));
    const more = await open(hub, as);
    expect([more.statusCode, more.headers['retry-after']]).toEqual([429, '10']);
    streams.forEach((stream) => stream.destroy());
    let status = 429;
    for (const until = Date.now() + 5_000; status === 429 && Date.now() < until; ) {
      const again = await open(hub, as);
      status = again.statusCode ?? 0;
      again.destroy();
    }
    expect(status).toBe(200);
  }));

  it('ends when the session that opened it ends', onHub(NEVER, async (hub, _alice, browser) => {
    await browser.post('hub/spawn/alice');
    const stream = await open(hub, { Cookie: browser.cookieHeader() });
    const ended = new Promise<void>((resolve) => void stream.resume().once('close', resolve));
    await browser.post('hub/logout');
    await ended;
  }));
});

describe('below a base path', () => {
  it('G09: a server is started, reached and stopped below it', async () => {
    const hub = await startHub({ settings: { basePath: '/jupyter/' } });
    const auth = bearer(hub, makeUser(hub, 'alice'));
    const ask = async (method: string, path: string): Promise<number> => (await fetch(`${hub.origin}/jupyter/${path}`, { method, headers: auth, redirect: 'manual' })).status;
    expect([await ask('POST', 'hub/api/users/alice/server'), await ask('GET', 'user/alice/api'), await ask('DELETE', 'hub/api/users/alice/server'), await ask('GET', 'user/alice/api')]).toEqual([201, 200, 204, 424]);
    await hub.close();
  });

  it('G09: every address, cookie and redirect stays below it', onHub({ settings: { publicUrl: 'http://127.0.0.1:8000/jupyter/' } }, async (hub) => {
    const alice = hub.store.users.byName('alice' as never) as User;
    const browser = signedInAs(hub, alice);
    const host = { Host: '127.0.0.1:8000' };
    expect((await browser.get('', host)).headers['location']).toBe('/jupyter/hub/');
    const home = await browser.get('hub/home', host);
    expect(home.status).toBe(200);
    for (const link of [...home.text.matchAll(/(?:href|action|src)="([^"#]+)"/g)].map((m) => m[1])) expect(link).toMatch(/^\/jupyter\/hub\//);
    expect((await createBrowser(hub).get('hub/home', host)).headers['location']).toBe('/jupyter/hub/login?next=%2Fjupyter%2Fhub%2Fhome');
    expect((home.headers['set-cookie'] as unknown as string[]).find((line) => line.startsWith('_xsrf'))).toContain('Path=/jupyter/hub/');
    const api = await createBrowser(hub).raw('get', 'hub/api/users/alice', { ...host, ...bearer(hub, alice) });
    expect(api.status).toBe(200);
    for (const path of ['/hub/home', '/jupyter/../hub/home', '/jupyterx/hub/home', '/hub/api/users']) expect([302, 400, 404]).toContain(await statusOf(hub, path, browser));
  }));
});

/** Raw, because a client would tidy the path up. */
const statusOf = (hub: TestHub, path: string, browser: Browser): Promise<number> =>
  new Promise((resolve, reject) => void httpGet({ ...hostOf(hub), path, agent: false, headers: { ...NAVIGATION, Host: '127.0.0.1:8000', Cookie: browser.cookieHeader() } }, (res) => resolve(res.resume().statusCode ?? 0)).once('error', reject));
const hostOf = (hub: TestHub) => ({ host: '127.0.0.1', port: new URL(hub.origin).port });
