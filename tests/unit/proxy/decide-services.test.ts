import type { UserId } from '../../../hub/domain/ids';
import { createSites } from '../../../hub/domain/sites';
import { createTrustedProxies } from '../../../proxy/client-address';
import type { Decision } from '../../../proxy/contract';
import { createCookieRules } from '../../../proxy/cookies';
import { createDecide } from '../../../proxy/decide';
import { createHosts } from '../../../proxy/hosts';
import { createRouteTable } from '../../../proxy/trie';

const routes = createRouteTable();
routes.set({ prefix: '/services/desk/', origin: 'http://127.0.0.1:9999', service: 'desk', upstream: { kind: 'service' } });
const sites = createSites(new URL('https://hub.test/'), 'nb.test');
const decide = createDecide({
  basePath: '/', hosts: createHosts(['https://hub.test'], sites), acceptedOrigins: new Set(['https://hub.test']), sites, trusted: createTrustedProxies([]), cookies: createCookieRules('__Host-hub'), routes,
  authorise: () => { throw new Error('the hub does not decide who may ask a service'); },
  limits: { maxHeaderLines: 100, maxTargetBytes: 8192 }, blankSecret: true,
});
const ask = (target: string, headers: readonly string[] = [], host = 'hub.test'): Decision => decide({ method: 'POST', target, rawHeaders: ['Host', host, 'Content-Length', '0', ...headers], httpVersion: '1.1', peer: '9.9.9.9', encrypted: false, upgrade: false });

test('B05: everybody reaches a service, as nobody, and the hub\'s cookie goes no further', () => {
  const decision = ask('/services/desk/x?y', ['Cookie', '__Host-hub=secret; own=1', 'Authorization', 'token abc', 'Origin', 'https://elsewhere.test', 'Sec-Fetch-Site', 'cross-site']);
  expect(decision).toMatchObject({ kind: 'forward', target: '/services/desk/x?y', grant: { user: null, userName: null, credential: '' }, credential: { kind: 'none' }, needsXsrfCookie: false });
  const headers = decision.kind === 'forward' ? decision.headers : [];
  expect(headers.join('\n')).not.toContain('secret');
  expect(headers).toEqual(expect.arrayContaining(['own=1', 'token abc']));
  expect(headers).not.toContain('x-forwarded-user');
});

test('C12: no service lies on the site of a user', () => {
  expect(ask('/services/desk/', [], `${sites.labelOf('u' as UserId)}.nb.test`)).toMatchObject({ kind: 'refuse', code: 'not-found' });
});

test('G03: a name that only begins like a service\'s is another address', () => {
  expect(ask('/services/desktop/')).toMatchObject({ kind: 'hub' });
});
