import type { User } from '../../hub/domain/user';
import { bad, never } from '../../spawner/fake';
import { makeToken, makeUser } from '../support/factories';
import { createBrowser, NAVIGATION, signedInAs, type Browser } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

let hub: TestHub;
let alice: User;
let browser: Browser;
const begin = async (options: Parameters<typeof startHub>[0] = {}): Promise<void> => {
  hub = await startHub(options);
  alice = makeUser(hub, 'alice');
  browser = signedInAs(hub, alice);
};
afterEach(async () => {
  await hub.hub.services.servers.stopAllOf(alice.id);
  await hub.close();
});

const anyone = (): Browser => createBrowser(hub);
const seen = (res: { readonly status: number; readonly headers: Readonly<Record<string, unknown>> }) => [res.status, res.headers['location']];
const bearer = () => ({ Authorization: `token ${makeToken(hub, alice)}` });

describe('2.9: addresses that lead on', () => {
  beforeEach(() => begin());

  test.each([
    ['', 302, '/hub/'],
    ['?x=1', 302, '/hub/?x=1'],
    ['hub', 301, '/hub/'],
    ['nowhere/at/all?x=%20', 302, '/hub/nowhere/at/all?x=%20'],
    ['favicon.ico', 302, '/hub/favicon.ico'],
    ['hubert', 302, '/hub/hubert'],
    ['user/alice', 301, '/user/alice/'],
    ['user/alice?x=1', 301, '/user/alice/?x=1'],
    ['services/none', 301, '/services/none/'],
    ['services/none/a?b', 302, '/hub/services/none/a?b'],
    ['hub/user/alice', 302, '/user/alice/'],
  ])('GET /%s: %i to %s, for everybody', async (path, status, location) => {
    expect(seen(await anyone().get(path))).toEqual([status, location]);
    expect(seen(await browser.get(path))).toEqual([status, location]);
    expect(seen(await anyone().raw('get', path, bearer()))).toEqual([status, location]);
  });

  test('what is not below /hub is no place to send anything to', async () => {
    for (const method of ['post', 'put', 'patch', 'delete'] as const) expect([403, 404, 405]).toContain((await anyone().raw(method, 'nowhere', bearer())).status);
  });

  test('below /hub nothing leads on: an unknown page is missing in HTML, an unknown call in JSON', async () => {
    const page = await browser.get('hub/nowhere');
    expect([page.status, page.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    const call = await anyone().raw('get', 'hub/api/nowhere', bearer());
    expect([call.status, call.body]).toEqual([404, { status: 404, message: 'Not Found' }]);
    expect((await anyone().raw('put', 'hub/api/users', bearer())).status).toBe(405);
  });

  test('no address leads off the hub, however it is written', async () => {
    for (const path of ['/evil.example/x', '%2F%2Fevil.example', '%5Cevil.example', './/evil.example', 'a/..//evil.example']) {
      const { status, headers } = await anyone().get(path);
      if (status === 301 || status === 302) expect(headers['location']).toMatch(/^\/hub\/(?!\/)/);
      else expect([400, 404]).toContain(status);
    }
  });

  test('strangers are sent to sign in with the way back, and their forms are refused', async () => {
    for (const path of ['hub/home', 'hub/token?a=b', 'hub/spawn', 'hub/admin', 'hub/user-redirect/lab']) expect(seen(await anyone().get(path))).toEqual([302, `/hub/login?next=${encodeURIComponent(`/${path}`)}`]);
    expect(seen(await anyone().get('hub/'))).toEqual([302, '/hub/login?next=%2Fhub%2F']);
    expect((await anyone().post('hub/spawn')).status).toBe(403);
  });

  test('an address that is the same for everybody leads into one\'s own server, with path and query', async () => {
    expect(seen(await browser.get('hub/user-redirect/lab/tree/x.ipynb?a=1'))).toEqual([302, '/hub/spawn/alice?next=%2Fuser%2Falice%2Flab%2Ftree%2Fx.ipynb%3Fa%3D1']);
    expect(seen(await browser.get('hub/user-redirect/'))).toEqual([302, '/hub/spawn/alice?next=%2Fuser%2Falice%2F']);
  });

  test('a proxy gets the page of any failure with 200, and no page for what is none', async () => {
    const page = await anyone().get('hub/error/503?url=%2Fuser%2Falice%2F');
    expect([page.status, page.text.includes('503')]).toEqual([200, true]);
    expect((await anyone().get('hub/error/200')).status).toBe(404);
  });
});

describe('2.9: what browsers report', () => {
  beforeEach(() => begin());

  const report = (body: string | Buffer) => anyone().raw('post', 'hub/security/csp-report', { 'Content-Type': 'application/csp-report', 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'report' }).send(body);
  const noted = () => hub.lines.filter(({ message }) => message.startsWith('A browser reported')).map(({ level, fields: { page, blocked, directive } }) => ({ level, page, blocked, directive }));

  test('a report is 200 with nothing in it, and one line in the log', async () => {
    const res = await report(JSON.stringify({ 'csp-report': { 'document-uri': 'http://localhost/user/alice/lab?token=secret#x', 'blocked-uri': 'https://evil.example/a.js?b=secret', 'violated-directive': 'script-src' } }));
    expect([res.status, res.text]).toEqual([200, '']);
    expect(noted()).toEqual([{ level: 'warn', page: 'http://localhost/user/alice/lab', blocked: 'https://evil.example/a.js', directive: 'script-src' }]);
    expect(JSON.stringify(hub.lines)).not.toContain('secret');
  });

  test('it changes nothing, whoever sends it, and sets no cookie', async () => {
    const state = () => JSON.stringify([hub.store.users.list({ offset: 0, limit: 10 }), hub.store.servers.list(), hub.store.sessions.listOf(alice.id).map(({ id }) => id), hub.store.audit.list({ offset: 0, limit: 100 })]);
    const before = state();
    const res = await browser.raw('post', 'hub/security/csp-report', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }).send('{}');
    expect([res.status, res.headers['set-cookie']]).toEqual([200, undefined]);
    expect(state()).toBe(before);
  });

  test.each([['nothing', ''], ['no JSON', '<xml>'], ['no object', '"x"'], ['null', 'null'], ['a list', '[1]'], ['a report that is none', '{"csp-report":null}'], ['numbers for words', '{"csp-report":{"document-uri":1,"blocked-uri":{"a":1}}}']])('%s is as good as an empty report', async (_, body) => {
    expect((await report(body)).status).toBe(200);
    expect(noted()).toEqual([{ level: 'warn', page: '', blocked: '', directive: '' }]);
  });

  test('a long one is cut, a huge one refused', async () => {
    expect((await report(JSON.stringify({ 'csp-report': { 'document-uri': 'x'.repeat(10_000) } }))).status).toBe(200);
    expect(noted()[0]?.page).toHaveLength(200);
    expect((await report('x'.repeat(20_000))).status).toBe(413);
    expect(noted()).toHaveLength(1);
  });
});

describe('2.10: starting by page', () => {
  test('a start that failed at once is its failure at once: 500', async () => {
    await begin({ behaviour: bad('reject') });
    expect((await browser.get('hub/spawn')).status).toBe(500);
    expect((await browser.post('hub/spawn/alice')).status).toBe(500);
    expect((await browser.get('hub/spawn-pending/alice')).status).toBe(500);
  });

  test('who is sent to start keeps the way back, before, during and after', async () => {
    await begin();
    expect(seen(await browser.get('hub/spawn/alice?next=%2Fuser%2Falice%2Flab'))).toEqual([302, '/hub/spawn-pending/alice?next=%2Fuser%2Falice%2Flab']);
    expect(seen(await browser.get('hub/spawn-pending/alice?next=%2Fuser%2Falice%2Flab'))).toEqual([302, '/user/alice/lab']);
    expect(seen(await browser.get('hub/spawn/alice?next=%2Fuser%2Falice%2Flab'))).toEqual([302, '/user/alice/lab']);
    expect(seen(await browser.get('hub/spawn'))).toEqual([302, '/user/alice/']);
    expect(seen(await browser.get('hub/spawn?next=https%3A%2F%2Fevil.example%2F'))).toEqual([302, '/user/alice/']);
  });

  test('while it starts: the pending page for another visit and another form, which start nothing more', async () => {
    await begin({ behaviour: never('start') });
    expect(seen(await browser.get('hub/spawn'))).toEqual([302, '/hub/spawn-pending/alice']);
    expect(seen(await browser.get('hub/spawn?next=%2Fhub%2Fhome'))).toEqual([302, '/hub/spawn-pending/alice?next=%2Fhub%2Fhome']);
    expect(seen(await browser.post('hub/spawn'))).toEqual([303, '/hub/spawn-pending/alice']);
    expect((await browser.get('hub/spawn-pending/alice')).status).toBe(200);
    expect(hub.spawner.started).toHaveLength(1);
  });

  test('the pending page starts nothing: 200 for a server that does not run, 404 for one that there is not', async () => {
    await begin({ settings: { server: { named: true } } });
    expect((await browser.get('hub/spawn-pending/alice')).status).toBe(200);
    expect((await browser.get('hub/spawn-pending/alice/none')).status).toBe(404);
    expect((await browser.get('hub/spawn-pending/nobody')).status).toBe(404);
    expect((await browser.get('hub/spawn/nobody')).status).toBe(404);
    expect(hub.spawner.started).toEqual([]);
  });

  test('named servers that are switched off are 400', async () => {
    await begin();
    expect((await browser.get('hub/spawn/alice/gpu')).status).toBe(400);
  });

  test('options in an address, prefixed or not, are shown in the form; next is none of them, and beside a prefixed one the others are none', async () => {
    await begin();
    for (const query of ['opt-size=big&color=red&next=%2Fuser%2Falice%2Flab', 'size=big']) {
      const page = await browser.get(`hub/spawn?${query}`);
      expect([page.status, [...page.text.matchAll(/name="(opt-[^"]+)"/g)].map(([, name]) => name)]).toEqual([200, ['opt-size']]);
    }
    expect(hub.spawner.started).toEqual([]);
  });
});

describe.each([['where browsers have it', 'user'], ['where a proxy sends them', 'hub/user']])('2.11: a server that does not run, %s', (_, at) => {
  const gone = { message: expect.stringMatching(/^JupyterHub server no longer running at \/user\/alice\/api\/kernels\. Restart the server at http:\/\/localhost:\d+\/hub\/spawn\/alice$/) as unknown };

  test('424 in JSON for whatever is sent there, and for what asks for JSON or below api', async () => {
    await begin();
    for (const method of ['post', 'put', 'patch', 'delete', 'get'] as const) {
      const res = await anyone().raw(method, `${at}/alice/api/kernels`, bearer());
      expect([method, res.status, res.body]).toEqual([method, 424, expect.objectContaining(gone)]);
    }
    expect((await anyone().raw('get', `${at}/alice/lab`, { ...bearer(), Accept: 'application/json, text/html;q=0.9' })).status).toBe(424);
    const html = await anyone().raw('get', `${at}/alice/lab`, { ...bearer(), Accept: 'text/html, application/json;q=0.9' });
    expect([html.status, html.headers['content-type']]).toEqual([424, 'text/html; charset=utf-8']);
  });

  test('424 in HTML for a person, with a way to start it that comes back', async () => {
    await begin();
    const page = await browser.get(`${at}/alice/lab/tree?x=1`);
    expect([page.status, page.text.includes('name="next" value="/user/alice/lab/tree?x=1"')]).toEqual([424, true]);
  });

  test('303 to the pending page while it starts and after it failed', async () => {
    await begin({ behaviour: bad('reject') });
    await browser.post('hub/spawn');
    expect(seen(await browser.get(`${at}/alice/lab`))).toEqual([303, '/hub/spawn-pending/alice?next=%2Fuser%2Falice%2Flab']);
  });

  test('404 for a server that one may not use, and for one that nobody has; strangers sign in', async () => {
    await begin();
    makeUser(hub, 'bob');
    for (const name of ['bob', 'nobody']) expect((await browser.get(`${at}/${name}/lab`)).status).toBe(404);
    expect(seen(await anyone().get(`${at}/alice/lab`))).toEqual([302, `/hub/login?next=${encodeURIComponent(`/${at}/alice/lab`)}`]);
    expect((await anyone().raw('post', `${at}/alice/api/kernels`)).status).toBe(403);
  });
});

test('2.11: a server that is ready by now is where it always is', async () => {
  await begin();
  await browser.post('hub/spawn');
  expect(seen(await browser.get('hub/user/alice/lab/tree/a%20b?x=1'))).toEqual([302, '/user/alice/lab/tree/a%20b?x=1']);
  expect((await browser.raw('get', 'user/alice/api', NAVIGATION)).status).toBe(200);
});
