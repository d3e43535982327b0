import { always } from '../support/hostile-upstream';
import { exchange, rawClient } from '../support/raw-client';
import { useProxyPair } from '../support/proxy-pair';
import { ACCEPT, ORIGIN, asAlice, get, upgrade } from '../support/start-proxy';

const pair = useProxyPair();
const FOREIGN = ['null', 'https://hub.test.evil', 'https://evilhub.test', 'https://hub.test', 'http://hub.test:81', 'http://HUB.test', 'http://hub.test.', 'http://hub.test.evil', 'http://evil', 'http://hub.tes', 'http://hub.test/', '', 'http://hub.test, http://hub.test'];
const post = (headers: string, path = '/user/alice/api'): string => `POST ${path} HTTP/1.1\r\nHost: hub.test\r\nCookie: hub=cookie-alice; _xsrf=t\r\n${headers}Content-Length: 2\r\n\r\nhi`;

describe('C08: only the exact origin passes', () => {
  test.each(FOREIGN)('C08: POST with Origin %j is refused', async (origin) => {
    const response = await exchange(pair.hub.port, post(`X-XSRFToken: t\r\nOrigin: ${origin}\r\n`));
    expect(response.status).toBe(403);
    expect(pair.alice.text()).toBe('');
  });

  test.each([
    `Origin: ${ORIGIN}\r\n`,
    `Origin: ${ORIGIN}\r\nSec-Fetch-Site: same-origin\r\n`,
    'Sec-Fetch-Site: same-origin\r\n',
  ])('C08: POST with %j passes', async (headers) => {
    expect((await exchange(pair.hub.port, post(`X-XSRFToken: t\r\n${headers}`))).status).toBe(200);
  });

  test.each(['', 'Sec-Fetch-Site: none\r\n', 'Sec-Fetch-Site: same-site\r\n', `Origin: ${ORIGIN}\r\nSec-Fetch-Site: cross-site\r\n`])('C08: POST with only %j is refused', async (headers) => {
    expect((await exchange(pair.hub.port, post(`X-XSRFToken: t\r\n${headers}`))).status).toBe(403);
    expect(pair.alice.text()).toBe('');
  });

  test('C08: two Origin lines are refused', async () => {
    expect((await exchange(pair.hub.port, post(`X-XSRFToken: t\r\nOrigin: ${ORIGIN}\r\nOrigin: http://evil\r\n`))).status).toBe(400);
  });

  test('C08: a program with a token needs no origin', async () => {
    const response = await exchange(pair.hub.port, 'POST /user/alice/api HTTP/1.1\r\nHost: hub.test\r\nAuthorization: token token-alice\r\nContent-Length: 2\r\n\r\nhi');
    expect(response.status).toBe(200);
  });
});

describe('C03: what a browser says about a GET is believed', () => {
  test.each([
    ['Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n', 403],
    ['Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n', 403],
    ['Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n', 403],
    ['Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n', 200],
    ['Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n', 200],
    ['Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n', 200],
    ['Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: same-origin\r\n', 400],
    ['Origin: http://evil\r\n', 403],
    ['', 200],
  ])('C03: %j → %d', async (headers, status) => {
    expect((await exchange(pair.hub.port, get('/user/alice/api', asAlice(headers)))).status).toBe(status);
    expect(pair.alice.requests()).toHaveLength(status === 200 ? 1 : 0);
  });
});

describe('C01: the double submit that the injected secret switches off in Jupyter', () => {
  test.each([
    ['', '', 403],
    ['X-XSRFToken: other\r\n', '', 403],
    ['X-XSRFToken: t\r\n', '', 200],
    ['X-CSRFToken: t\r\n', '', 200],
    ['', '?_xsrf=t', 200],
    ['', '?_xsrf=other&_xsrf=t', 403],
  ])('C01: %j and %j → %d', async (header, search, status) => {
    expect((await exchange(pair.hub.port, post(`Origin: ${ORIGIN}\r\n${header}`, `/user/alice/api${search}`))).status).toBe(status);
  });

  test('C01: an empty token does not match a missing cookie', async () => {
    const response = await exchange(pair.hub.port, `POST /user/alice/api HTTP/1.1\r\n${asAlice(`Origin: ${ORIGIN}\r\nX-XSRFToken: \r\n`)}Content-Length: 2\r\n\r\nhi`);
    expect(response.status).toBe(403);
  });

  test('C01: a page that is opened without the cookie gets one, readable and below its server', async () => {
    pair.alice.script(always('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi'));
    const response = await exchange(pair.hub.port, get('/user/alice/lab', asAlice('Accept: text/html\r\n')));
    expect(response.all('set-cookie')).toEqual([expect.stringMatching(/^_xsrf=[\w-]{32}; Path=\/user\/alice\/; SameSite=Strict$/)]);
  });

  test('C01: Jupyter\'s own cookie is left alone', async () => {
    pair.alice.script(always('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: _xsrf=own; Path=/user/alice/\r\nContent-Length: 2\r\n\r\nhi'));
    const response = await exchange(pair.hub.port, get('/user/alice/lab', asAlice('Accept: text/html\r\n')));
    expect(response.all('set-cookie')).toEqual(['_xsrf=own; Path=/user/alice/; SameSite=Lax']);
  });
});

describe('C10: another site cannot open a WebSocket to a user server', () => {
  test.each([...FOREIGN, undefined])('C10: Origin %j with the cookie is refused before any upstream byte', async (origin) => {
    const client = rawClient(pair.hub.port, upgrade('/user/alice/api/kernels/1/channels', asAlice(origin === undefined ? '' : `Origin: ${origin}\r\n`)));
    expect(await client.closed()).toMatch(/^HTTP\/1.1 403 Forbidden\r\n/);
    expect(pair.alice.connections).toHaveLength(0);
  });

  test('C10: a missing Origin is fine with a token', async () => {
    pair.alice.script(always(ACCEPT));
    const client = rawClient(pair.hub.port, upgrade('/user/alice/ws', 'Host: hub.test\r\nAuthorization: Bearer token-alice\r\n'));
    expect(await client.until((text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1.1 101 /);
    client.destroy();
  });

  test('C10: the exact origin opens one', async () => {
    pair.alice.script(always(ACCEPT));
    const client = rawClient(pair.hub.port, upgrade('/user/alice/ws'));
    expect(await client.until((text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1.1 101 /);
    client.destroy();
  });
});
