import type { ServerId, UserId } from '../../../hub/domain/ids';
import { createTrustedProxies } from '../../../proxy/client-address';
import type { Decision, RequestFacts } from '../../../proxy/contract';
import { createCookieRules } from '../../../proxy/cookies';
import { createDecide, type DecideRules } from '../../../proxy/decide';
import { createHosts } from '../../../proxy/hosts';
import { createRouteTable } from '../../../proxy/trie';

const ORIGIN = 'https://hub.test';
const routes = createRouteTable();
routes.set({ prefix: '/user/alice/', origin: 'http://10.0.0.1:8888', owner: 'alice' as UserId, server: 's' as ServerId, upstream: { kind: 'injected', authorization: 'token s' } });

const RULES: DecideRules = {
  basePath: '/',
  hosts: createHosts([ORIGIN, 'http://localhost:8000']),
  acceptedOrigins: new Set([ORIGIN, 'http://localhost:8000']),
  trusted: createTrustedProxies(['10.0.0.0/8']),
  cookies: createCookieRules('__Host-hub'),
  routes,
  authorise: (credential, route) => {
    if (credential.kind === 'none' || !['alice', 'bob'].includes(credential.value)) return { kind: 'anonymous' };
    if ((route.server as string) === '') return { kind: 'forbidden', userName: credential.value };
    return credential.value === route.owner ? { kind: 'allow', user: 'alice' as UserId, userName: 'alice', credential: 'session' } : { kind: 'forbidden' };
  },
  limits: { maxHeaderLines: 100, maxTargetBytes: 8192 },
  blankSecret: true,
};
const decide = createDecide(RULES);

const WS = ['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='];
const ask = (target: string, headers: string[] = [], more: Partial<RequestFacts> = {}): Decision =>
  decide({ method: 'GET', target, rawHeaders: ['Host', 'hub.test', ...headers, ...(more.upgrade === true ? WS : [])], httpVersion: '1.1', peer: '9.9.9.9', encrypted: false, upgrade: false, ...more });
const ALICE = ['Cookie', '__Host-hub=alice'];

/** A decision in a few words. */
function brief(decision: Decision): string {
  switch (decision.kind) {
    case 'hub': return `hub ${decision.path}`;
    case 'forward': return `forward ${decision.target} by ${decision.credential.kind}`;
    case 'redirect': return `${decision.status} ${decision.location}`;
    case 'refuse': return `refuse ${decision.code}${decision.close ? ', close' : ''}${decision.clearCookies ? ', clear' : ''}`;
  }
}

test.each<[string, string[], Partial<RequestFacts>, string]>([
  ['/', [], {}, 'hub /'],
  ['/hub/home?x', [], {}, 'hub /hub/home'],
  ['/hub/home', [], { upgrade: true }, 'refuse not-found'],
  ['/user/alice/lab?x', ALICE, {}, 'forward /user/alice/lab?x by cookie'],
  ['/user/alice/lab', ['Authorization', 'token alice'], {}, 'forward /user/alice/lab by token'],
  ['/user/alice/lab', ['Authorization', 'Bearer wrong', ...ALICE], {}, 'forward /user/alice/lab by cookie'],
  ['/user/alice/lab', ['Authorization', 'Bearer bob', ...ALICE], {}, 'hub /user/alice/lab'],
  ['/user/alice/lab', [], {}, 'refuse forbidden'],
  ['/user/alice/lab?a', ['Accept', 'text/html'], {}, '302 /hub/login?next=%2Fuser%2Falice%2Flab%3Fa'],
  ['/user/alice/lab', ['Accept', 'text/html', 'Sec-Fetch-Mode', 'cors'], {}, 'refuse forbidden'],
  ['/user/alice/lab', ['Accept', 'text/html'], { method: 'HEAD' }, 'refuse forbidden'],
  ['/user/alice', [], {}, '301 /user/alice/'],
  ['/user/alice', [], { method: 'POST' }, 'refuse not-found'],
  ['/user/carol/lab', [], {}, 'refuse forbidden'],
  ['/user/carol/lab', ALICE, {}, 'hub /user/carol/lab'],
  ['/user/carol/lab?a', ['Accept', 'text/html'], {}, '302 /hub/login?next=%2Fuser%2Fcarol%2Flab%3Fa'],
  ['/user/carol/lab', ALICE, { upgrade: true }, 'refuse forbidden'],
  ['/user/carol/lab', [...ALICE, 'Origin', ORIGIN], { upgrade: true }, 'refuse not-found'],
  ['/user/carol/lab', ['Authorization', 'token carol'], { upgrade: true }, 'refuse forbidden'],
  ['/user/bob/lab', ['Authorization', 'token bob'], { upgrade: true }, 'refuse server-not-running'],
  ['/user/alice/lab', ['Authorization', 'token bob'], { upgrade: true }, 'refuse not-found'],
  ['/user/carol/lab', [], { upgrade: true }, 'refuse forbidden'],
  ['/user/alice/ws', [...ALICE, 'Origin', ORIGIN], { upgrade: true }, 'forward /user/alice/ws by cookie'],
  ['/user/alice/ws', ['Authorization', 'token alice'], { upgrade: true }, 'forward /user/alice/ws by token'],
  ['/user/alice/x', ['Cookie', '__Host-hub=alice; __Host-hub=alice'], {}, 'refuse invalid-input, clear'],
  ['/services/x/', [], {}, 'hub /services/x/'],
  ['/nothing', [], {}, 'hub /nothing'],
  ['/Hub/home', [], {}, 'refuse not-found'],
  ['/hub/home', ['Host', 'evil'], {}, 'refuse invalid-input, close'],
])('%s with %j, %j: %s', (target, headers, more, expected) => {
  expect(brief(ask(target, headers, more))).toBe(expected);
});

test.each([[false, 'iframe', 'refuse forbidden'], [true, 'iframe', 'forward /user/alice/lab by cookie'], [true, 'object', 'refuse forbidden'], [true, 'image', 'refuse forbidden']])('frames of other origins allowed: %s; %s: %s', (framed, dest, expected) => {
  const headers = ['Host', 'hub.test', ...ALICE, 'Sec-Fetch-Site', 'cross-site', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', dest];
  expect(brief(createDecide({ ...RULES, framed })({ method: 'GET', target: '/user/alice/lab', rawHeaders: headers, httpVersion: '1.1', peer: '9.9.9.9', encrypted: false, upgrade: false }))).toBe(expected);
});

test('where a request comes from is decided by the socket, a trusted proxy, or the accepted origin', () => {
  const client = (decision: Decision): unknown => (decision.kind === 'hub' ? decision.client : undefined);
  const lies = ['X-Forwarded-For', '6.6.6.6', 'X-Forwarded-Proto', 'http'];
  expect(client(ask('/', lies))).toEqual({ address: '9.9.9.9', scheme: 'https' });
  expect(client(ask('/', lies, { peer: '10.0.0.1' }))).toEqual({ address: '6.6.6.6', scheme: 'http' });
  expect(client(ask('/', lies, { peer: '10.0.0.1', encrypted: true }))).toEqual({ address: '6.6.6.6', scheme: 'https' });
});

test('a page of the server comes uncompressed, so that its secret can be taken out; data does not', () => {
  const encodings = (target: string): boolean => {
    const decision = ask(target, [...ALICE, 'Accept-Encoding', 'gzip']);
    return decision.kind === 'forward' && decision.headers.includes('Accept-Encoding');
  };
  expect(['/user/alice/lab', '/user/alice/lab/tree/x', '/user/alice/'].map(encodings)).toEqual([false, false, false]);
  expect(['/user/alice/api/x', '/user/alice/static/x.js', '/user/alice/lab/extensions/x.js', '/user/alice/lab/api/settings'].map(encodings)).toEqual([true, true, true, true]);
});
