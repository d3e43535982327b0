import { exchange, rawClient } from '../support/raw-client';
import { useProxyPair } from '../support/proxy-pair';
import { ORIGIN, asAlice, get, upgrade } from '../support/start-proxy';
import { always } from '../support/hostile-upstream';
import { OK } from '../support/proxy-pair';

/** G01: each of these, sent with alice's cookie, must never let an upstream be reached outside of what was authorised. */
const TABLE = [
  '/user/alice/../bob/x', '/user/alice/%2e%2e/bob/x', '/user/alice/.%2e/bob/x', '/user/alice/%2e./bob/x', '/user/alice/%2E%2E/bob/x',
  '/user/alice/..%2fbob/x', '/user/alice/..%2Fbob/x', '/user/alice%2f..%2fbob/x', '/user/alice/%2f/../bob', '/user/alice%2fx',
  '/user/alice/..%5cbob/x', '/user/alice%5c..%5cbob', '/user/alice\\..\\bob', '/user/alice/..\\bob/x', '//user/bob/x',
  '/user//bob/x', '/user/alice//../../bob', '/./user/bob/x', '/user/./bob/x', '/user/bob/./x',
  '/user/bob;x/', '/user;/bob/x', '/user/alice/..;/bob/x', '/user/alice/%252e%252e/bob/x', '/user/alice/..%252fbob/x',
  '/user/alice/%25%32%65%25%32%65/bob', '/user/alice/%c0%ae%c0%ae/bob/x', '/user/alice/..%c0%afbob', '/user/alice/%ff', '/user/alice/%00', '/user/alice%00/x',
  '/user/bo%62/x', '/user/bob%20/x', '/user/%62ob/x', '/%75ser/bob/x', '/user/alice%ef%bc%8f..%ef%bc%8fbob/x',
  '/user/alice/..%ef%bc%8fbob/x', '/user/alice/%ef%bc%8e%ef%bc%8e/bob/x', 'http://hub.test/user/bob/x', 'http://bob@hub.test/user/alice/x', 'http://evil/user/alice/x',
  '/user/alice/%2e', '/user/alice/a/../../bob', '/user/alice/%', '/user/alice/%zz', '/user/alice/\x01', '/user/alice/\xe4', '/user/alice/x#/../bob',
];

/** Asked of the hub, which answers as for a server that does not exist: the name `bob` with a space behind it is somebody else, and bob himself is not alice. */
const SPELLED = /^(?:http:\/\/hub\.test)?(\/user\/bob(?:%20)?\/x)$/;

/** What a lenient server might make of a path: twice unescaped, dots resolved. */
function readings(path: string): string[] {
  const once = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const twice = once.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return [path, once, twice].map((p) => new URL(p.replace(/\\/g, '/'), 'http://x').pathname);
}

const targets = (heads: readonly string[]): string[] => heads.map((head) => head.split(' ')[1] ?? '');

describe('G01: the path that is decided on is the path that is forwarded', () => {
  const pair = useProxyPair();

  test.each(TABLE)('G01: HTTP %j', async (path) => {
    const response = await exchange(pair.hub.port, Buffer.from(get(path), 'latin1'));
    expect(pair.bob.text()).toBe('');
    const reached = targets(pair.alice.requests());
    for (const target of reached) for (const reading of readings(target)) expect(reading).toMatch(/^\/user\/alice\//);
    if (reached.length === 0) expect([301, 302, 400, 404]).toContain(response.status);
    // The hub's own pages about a user are only for a name that is spelled in its one way.
    expect(pair.hub.hubRequests.map((r) => r.context.path)).toEqual(SPELLED.exec(path)?.slice(1) ?? []);
  });

  test.each(TABLE)('G01: WebSocket %j', async (path) => {
    const client = rawClient(pair.hub.port, Buffer.from(upgrade(path), 'latin1'));
    const text = await client.until((t) => t.includes('\r\n\r\n'));
    client.destroy();
    expect(pair.bob.connections).toHaveLength(0);
    const reached = targets(pair.alice.requests());
    for (const target of reached) for (const reading of readings(target)) expect(reading).toMatch(/^\/user\/alice\//);
    if (reached.length === 0) expect(text).toMatch(/^HTTP\/1.1 4\d\d /);
  });

  test.each(['/user/alice/a%252fb.ipynb', '/user/alice/50%25.ipynb', '/user/alice/%C3%BC.ipynb', '/user/alice//x', '/user/alice/files/a..b', '/user/alice/...', '/user/alice/a%2Fb', '/user/alice/x;y=1', '/user/alice/(1)+$&,=@!', '/user/alice/x?a=/../bob&b=%2e%2e//\\'])(
    'G01: %s is forwarded with the same bytes, over HTTP and WebSocket',
    async (path) => {
      expect((await exchange(pair.hub.port, get(path))).status).toBe(200);
      const client = rawClient(pair.hub.port, upgrade(path));
      await client.closed();
      expect(targets(pair.alice.requests())).toEqual([path, path]);
    },
  );

  test('G02: slashes are not collapsed and dots not resolved after the decision', async () => {
    await exchange(pair.hub.port, get('/user/alice//a///b'));
    const client = rawClient(pair.hub.port, upgrade('/user/alice//a///b?x=//y'));
    await client.closed();
    expect(targets(pair.alice.requests())).toEqual(['/user/alice//a///b', '/user/alice//a///b?x=//y']);
    expect((await exchange(pair.hub.port, get('//user/bob/x'))).status).toBe(400);
    expect((await exchange(pair.hub.port, get('/user/alice\\..\\bob'))).status).toBe(400);
  });

  test.each(['/USER/alice/', '/User/alice/x', '/Hub/Api/users', '/HUB/home'])('G03: %s is no second spelling', async (path) => {
    expect((await exchange(pair.hub.port, get(path))).status).toBe(404);
    expect(pair.alice.text()).toBe('');
    expect(pair.hub.hubRequests).toEqual([]);
  });

  test.each(['/user/alicex/', '/user/al/', '/users/alice'])('G03: %s is not alice\'s server', async (path) => {
    await exchange(pair.hub.port, get(path));
    expect(pair.alice.text()).toBe('');
    expect(pair.hub.hubRequests).toHaveLength(1);
  });

  test('G03: /user/alice gets its slash and keeps the query', async () => {
    const response = await exchange(pair.hub.port, get('/user/alice?x=1'));
    expect([response.status, response.get('location')]).toEqual([301, '/user/alice/?x=1']);
  });

  test('G04: default and named servers do not shadow each other', async () => {
    pair.hub.route('alice', pair.bob.origin, { prefix: '/user/alice/gpu/' });
    await exchange(pair.hub.port, get('/user/alice/gpu/x'));
    await exchange(pair.hub.port, get('/user/alice/gpux'));
    expect(targets(pair.bob.requests())).toEqual(['/user/alice/gpu/x']);
    expect(targets(pair.alice.requests())).toEqual(['/user/alice/gpux']);
    const respelled = await exchange(pair.hub.port, get('/user/alice/%67pu/x?y'));
    expect([respelled.status, respelled.get('location')]).toEqual([301, '/user/alice/gpu/x?y']);
    const bare = await exchange(pair.hub.port, get('/user/alice/gpu'));
    expect([bare.status, bare.get('location')]).toEqual([301, '/user/alice/gpu/']);
  });

  test('G05: a user name has one spelling', async () => {
    pair.hub.route('alice', pair.alice.origin, { prefix: '/user/a@b.c/' });
    expect((await exchange(pair.hub.port, get('/user/a@b.c/x'))).status).toBe(200);
    const other = await exchange(pair.hub.port, get('/user/a%40b.c/x'));
    expect([other.status, other.get('location')]).toEqual([301, '/user/a@b.c/x']);
    const post = await exchange(pair.hub.port, `POST /user/a%40b.c/x HTTP/1.1\r\n${asAlice(`Origin: ${ORIGIN}\r\n`)}Content-Length: 0\r\n\r\n`);
    expect(post.status).toBe(404);
  });

  test.each(['/user/bob/?x=/user/alice/', '/user/bob/x?/../../alice/'])('G06: %s is decided by its path alone', async (path) => {
    expect((await exchange(pair.hub.port, get(path))).status).toBe(404);
    expect(pair.bob.text()).toBe('');
  });

  test('G06: a fragment is refused, and a query does not reach the hub\'s path', async () => {
    expect((await exchange(pair.hub.port, get('/hub/health#/hub/admin'))).status).toBe(400);
    await exchange(pair.hub.port, get('/hub/static?/../api'));
    expect(pair.hub.hubRequests.map((r) => r.context.path)).toEqual(['/hub/static']);
  });
});

describe('G09: below a base path everything is the same', () => {
  const pair = useProxyPair({ basePath: '/jupyter/' });
  beforeEach(() => {
    for (const [user, upstream] of [['alice', pair.alice], ['bob', pair.bob]] as const) {
      pair.hub.routes.remove(`/user/${user}/`);
      pair.hub.route(user, upstream.origin, { prefix: `/jupyter/user/${user}/` });
      upstream.script(always(OK));
    }
  });

  test.each(TABLE.filter((path) => path.startsWith('/')).map((path) => `/jupyter${path}`))('G09: %j', async (path) => {
    const response = await exchange(pair.hub.port, Buffer.from(get(path), 'latin1'));
    expect(pair.bob.text()).toBe('');
    const reached = targets(pair.alice.requests());
    for (const target of reached) for (const reading of readings(target)) expect(reading).toMatch(/^\/jupyter\/user\/alice\//);
    if (reached.length === 0) expect([301, 302, 400, 404]).toContain(response.status);
  });

  test.each([
    ['/jupyter/../hub/x', 400], ['/user/alice/x', 404], ['/hub/home', 404], ['/%6aupyter/user/alice/x', 404], ['/JUPYTER/user/alice/x', 404], ['/jupyter//user/alice/x', 400],
  ])('G09: %s → %d', async (path, status) => {
    expect((await exchange(pair.hub.port, get(path))).status).toBe(status);
    expect(pair.alice.text()).toBe('');
  });

  test('G09: the hub sees paths below the base, and the front door leads there', async () => {
    await exchange(pair.hub.port, get('/jupyter/hub/home'));
    expect(pair.hub.hubRequests.map((r) => r.context.path)).toEqual(['/hub/home']);
    expect((await exchange(pair.hub.port, get('/'))).get('location')).toBe('/jupyter/');
    expect((await exchange(pair.hub.port, get('/jupyter?a=1'))).get('location')).toBe('/jupyter/?a=1');
    const login = await exchange(pair.hub.port, get('/jupyter/user/alice/lab?a=1', 'Host: hub.test\r\nAccept: text/html\r\n'));
    expect(login.get('location')).toBe('/jupyter/hub/login?next=%2Fjupyter%2Fuser%2Falice%2Flab%3Fa%3D1');
  });
});
