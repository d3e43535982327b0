import type { ServerId, UserId } from '../../../hub/domain/ids';
import { createSites } from '../../../hub/domain/sites';
import { createTrustedProxies } from '../../../proxy/client-address';
import type { Decision, RequestFacts } from '../../../proxy/contract';
import { createCookieRules } from '../../../proxy/cookies';
import { createDecide } from '../../../proxy/decide';
import { createHosts } from '../../../proxy/hosts';
import { createRouteTable } from '../../../proxy/trie';

const ORIGIN = 'https://hub.test';
const sites = createSites(new URL(ORIGIN), 'nb.test');
const siteOf = (user: string): string => `${sites.labelOf(user as UserId)}.nb.test`;
const [ALICE, BOB] = [siteOf('alice'), siteOf('bob')];
const NOBODY = 'u-aaaaaaaaaaaaaaaaaaaa.nb.test';
const routes = createRouteTable();
for (const user of ['alice', 'bob']) {
  routes.set({ prefix: `/user/${user}/`, origin: 'http://10.0.0.1:8888', owner: user as UserId, server: user as ServerId, upstream: { kind: 'injected', authorization: 'token s' } });
}

const decide = createDecide({
  basePath: '/',
  hosts: createHosts([ORIGIN], sites),
  acceptedOrigins: new Set([ORIGIN]),
  sites,
  trusted: createTrustedProxies([]),
  cookies: createCookieRules('__Host-hub'),
  routes,
  // `alice` on the hub's host, `alice@<label>` on that site; `root` may enter everywhere.
  authorise: (credential, route) => {
    if (credential.kind === 'none') return { kind: 'anonymous' };
    const [user, site] = credential.value.split('~');
    if (credential.kind === 'cookie' && site !== credential.site) return { kind: 'anonymous' };
    const grant = { kind: 'allow', user: user as UserId, userName: user ?? '', credential: 'session' } as const;
    return user === route.owner || (user === 'root' && (route.server as string) !== '') ? grant : { kind: 'forbidden' };
  },
  limits: { maxHeaderLines: 100, maxTargetBytes: 8192 },
  blankSecret: true,
});

const WS = ['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='];
const NAVIGATION = ['Accept', 'text/html', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'document', 'Sec-Fetch-Site', 'same-site'];
const cookie = (user: string, host = ''): string[] => ['Cookie', `__Host-hub=${user}${host === '' ? '' : `~${host.split('.')[0]}`}`];
const ask = (host: string, target: string, headers: string[] = [], more: Partial<RequestFacts> = {}): Decision =>
  decide({ method: 'GET', target, rawHeaders: ['Host', host, ...headers, ...(more.upgrade === true ? WS : [])], httpVersion: '1.1', peer: '9.9.9.9', encrypted: false, upgrade: false, ...more });

function brief(decision: Decision): string {
  switch (decision.kind) {
    case 'hub': return `hub ${decision.path}${decision.client.site === undefined ? '' : ' on a site'}`;
    case 'forward': return `forward ${decision.target} by ${decision.credential.kind}`;
    case 'redirect': return `${decision.status} ${decision.location}`;
    case 'refuse': return `refuse ${decision.code}${decision.close ? ', close' : ''}`;
  }
}

test('a label is opaque, a valid DNS label, and follows the id and nothing else', () => {
  expect(sites.labelOf('alice' as UserId)).toMatch(/^u-[a-z2-7]{20}$/);
  expect(sites.labelOf('alice' as UserId)).toBe(createSites(new URL('http://x.test:1'), 'y.test').labelOf('alice' as UserId));
  expect(new Set(Array.from({ length: 5000 }, (_, i) => sites.labelOf(`user-${i}` as UserId))).size).toBe(5000);
});

test.each([
  [ALICE, true], [ALICE.toUpperCase(), true], [`${ALICE}:443`, true], [`${ALICE}:8443`, false], [`x.${ALICE}`, false], ['nb.test', false], ['u-alice.nb.test', false],
  [`${ALICE}.evil.test`, false], [ALICE.replace('.nb.test', '.evil.test'), false], [ALICE.replace('.nb.test', 'xnb.test'), false],
])('the host %s is a site: %s', (host, is) => {
  expect(sites.labelIn(host) !== null).toBe(is);
  expect(brief(ask(host, '/hub/home'))).toBe(is ? 'hub /hub/home on a site' : 'refuse misdirected, close');
});

test.each<[string, string, string, string[], Partial<RequestFacts>, string]>([
  ['her own server on her site', ALICE, '/user/alice/lab?x', cookie('alice', ALICE), {}, 'forward /user/alice/lab?x by cookie'],
  ['a visitor on her site', ALICE, '/user/alice/lab', cookie('root', ALICE), {}, 'forward /user/alice/lab by cookie'],
  ['the hub\'s cookie on a site', ALICE, '/user/alice/api', cookie('alice'), {}, 'refuse forbidden'],
  ['another site\'s cookie on a site', ALICE, '/user/alice/api', cookie('root', BOB), {}, 'refuse forbidden'],
  ['a site\'s cookie on the hub\'s host', 'hub.test', '/user/alice/api', cookie('alice', ALICE), {}, 'refuse forbidden'],
  ['nobody, going to a page on a site', ALICE, '/user/alice/lab', NAVIGATION, {}, 'hub /user/alice/lab on a site'],
  ['nobody, a script\'s call on a site', ALICE, '/user/alice/api', ['Sec-Fetch-Mode', 'cors'], {}, 'refuse forbidden'],
  ['another user\'s path on a site', ALICE, '/user/bob/api', cookie('root', ALICE), {}, 'hub /user/bob/api on a site'],
  ['no such user on a site', ALICE, '/user/carol/api', cookie('root', ALICE), {}, 'hub /user/carol/api on a site'],
  ['another user\'s path on a site, by token', ALICE, '/user/bob/api', ['Authorization', 'token bob'], {}, 'hub /user/bob/api on a site'],
  ['nobody\'s site', NOBODY, '/user/alice/lab', [...cookie('alice', NOBODY), ...NAVIGATION], {}, 'hub /user/alice/lab on a site'],
  ['another user\'s socket on a site', ALICE, '/user/bob/ws', [...cookie('root', ALICE), 'Origin', `https://${ALICE}`], { upgrade: true }, 'refuse not-found'],
  ['a token on a site', ALICE, '/user/alice/api', ['Authorization', 'token alice'], {}, 'forward /user/alice/api by token'],
  ['a token on the hub\'s host', 'hub.test', '/user/alice/api', ['Authorization', 'token alice'], {}, 'forward /user/alice/api by token'],
  ['going to a server on the hub\'s host', 'hub.test', '/user/alice/lab?x=1', [...cookie('alice'), ...NAVIGATION], {}, `302 https://${ALICE}/user/alice/lab?x=1`],
  ['a script\'s call on the hub\'s host', 'hub.test', '/user/alice/api', cookie('alice'), {}, 'refuse forbidden'],
  ['a form on the hub\'s host', 'hub.test', '/user/alice/api', [...cookie('alice'), 'Origin', ORIGIN, 'Accept', 'text/html'], { method: 'POST' }, 'refuse forbidden'],
  ['a socket on the hub\'s host', 'hub.test', '/user/alice/ws', [...cookie('alice'), 'Origin', ORIGIN], { upgrade: true }, 'refuse forbidden'],
  ['nobody on the hub\'s host', 'hub.test', '/user/alice/lab', NAVIGATION, {}, '302 /hub/login?next=%2Fuser%2Falice%2Flab'],
  ['a service on a site', ALICE, '/services/x/', cookie('alice', ALICE), {}, 'hub /services/x/ on a site'],
  ['a socket of the hub on a site', ALICE, '/hub/x', [], { upgrade: true }, 'refuse not-found'],
])('%s (%s%s)', (_what, host, target, headers, more, expected) => {
  expect(brief(ask(host, target, headers, more))).toBe(expected);
});

test.each(['null', ORIGIN, `https://${BOB}`, `https://${ALICE}.evil.test`, `https://evil${ALICE}`, `http://${ALICE}`, `https://${ALICE}:8443`, `https://${ALICE}.`, undefined])('C10: a socket on a site from origin %s', (origin) => {
  const headers = [...cookie('alice', ALICE), ...(origin === undefined ? [] : ['Origin', origin])];
  expect(brief(ask(ALICE, '/user/alice/ws', headers, { upgrade: true }))).toBe('refuse forbidden');
  expect(brief(ask(ALICE, '/user/alice/ws', [...cookie('alice', ALICE), 'Origin', `https://${ALICE}`], { upgrade: true }))).toBe('forward /user/alice/ws by cookie');
});

test('a site is reached by the scheme of the public URL', () => {
  const decision = ask(ALICE, '/hub/x');
  expect(decision.kind === 'hub' && decision.client).toEqual({ address: '9.9.9.9', scheme: 'https', site: sites.labelOf('alice' as UserId) });
});
