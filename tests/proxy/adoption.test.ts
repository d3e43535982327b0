import type { Socket } from 'node:net';
import { rawClient } from '../support/raw-client';
import { always, startHostileUpstream } from '../support/hostile-upstream';
import { ACCEPT, closeStartedProxies, eventually, get, startProxy, upgrade, type TestProxy } from '../support/start-proxy';

/** A hub that has just started, and still looks at the servers of the one before. */
async function starting(): Promise<{ readonly hub: TestProxy; readonly known: () => void }> {
  let known = (): void => undefined;
  const hub = await startProxy({ routesKnown: new Promise((resolve) => void (known = resolve)) });
  return { hub, known };
}

afterEach(closeStartedProxies);

describe('while the servers of an earlier hub are looked at', () => {
  it('a request for one of them waits and is forwarded then, and pages do not wait', async () => {
    const { hub, known } = await starting();
    const upstream = await startHostileUpstream();
    upstream.script(always('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalive'));
    const waiting = rawClient(hub.port, get('/user/alice/api'));
    const page = rawClient(hub.port, get('/hub/home'));
    expect(await page.until((text) => text.includes('hub'))).toContain('200 OK');
    expect(waiting.bytes()).toHaveLength(0);
    expect(hub.hubRequests.map(({ url }) => url)).toEqual(['/hub/home']);
    hub.route('alice', upstream.origin);
    known();
    expect(await waiting.until((text) => text.endsWith('alive'))).toContain('200 OK');
    await upstream.close();
  });

  it('a WebSocket waits too', async () => {
    const { hub, known } = await starting();
    const upstream = await startHostileUpstream();
    upstream.script(always(ACCEPT));
    const waiting = rawClient(hub.port, upgrade('/user/alice/ws'));
    hub.route('alice', upstream.origin);
    known();
    expect(await waiting.until((text) => text.includes('\r\n\r\n'))).toContain('101');
    waiting.destroy();
    await upstream.close();
  });

  it('what has no server then is answered by the hub, and who has left meanwhile by nobody', async () => {
    const { hub, known } = await starting();
    const open = new Set<Socket>();
    hub.server.on('connection', (socket: Socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    });
    const [stays, leaves] = [rawClient(hub.port, get('/user/alice/api')), rawClient(hub.port, get('/user/bob/api'))];
    const page = rawClient(hub.port, get('/hub/home'));
    await page.until((text) => text.includes('hub'));
    leaves.destroy();
    await eventually(() => open.size === 2);
    known();
    expect(await stays.until((text) => text.includes('not-found'))).toContain('404');
    expect(hub.hubRequests.map(({ url }) => url)).toEqual(['/hub/home', '/user/alice/api']);
  });
});
