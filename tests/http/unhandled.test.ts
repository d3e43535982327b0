import { request } from 'undici';
import { rawClient, type RawClient } from '../support/raw-client';
import { startThrowingHub, type Place, type ThrowingHub } from '../support/throwing-hub';

jest.setTimeout(60_000);

let hub: ThrowingHub;
const token = 'a-token-of-a-service-of-this-test';
async function openHub(): Promise<void> {
  const services = [{ name: 'visitor', token }];
  const roles = [{ name: 'visiting', description: 'Uses servers.', scopes: ['access:servers', 'read:users', 'read:servers'], services: ['visitor'] }];
  hub = await startThrowingHub({ HUB_SPAWNER: 'fake', HUB_SERVER_CAP: '1' }, { services, roles });
  await hub.ask('POST', 'users', { usernames: ['ann', 'ben'] });
  await hub.ask('POST', 'users/ann/server');
}

/** Status of the answer. Not by `fetch`, which says of itself that it is no navigation. */
async function get(path: string): Promise<number> {
  const { statusCode, body } = await request(`${hub.origin}${path}`, { headers: { authorization: `token ${token}` }, reset: true });
  await body.dump();
  return statusCode;
}
const headers = (): string => `Host: 127.0.0.1:${hub.port}\r\nAuthorization: token ${token}\r\n`;
const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
};

/** Everybody else is served as before. */
async function everythingElseWorks(): Promise<void> {
  const statuses = await Promise.all(['/hub/login', '/hub/api/users/ann', '/user/ann/echo'].map(get));
  expect(statuses).toEqual([200, 200, 200]);
  expect(hub.process.output()).not.toContain('uncaught error');
}

describe('what throws in one request', () => {
  beforeAll(openHub);
  afterAll(async () => hub.close());
  afterEach(everythingElseWorks);

  test.each<[Place, string]>([['a page', '/hub/login'], ['a proxied request', '/user/ann/echo']])('N09: %s that throws is 500 for its own request, and for no other', async (place, path) => {
    hub.throwAt(place);
    const statuses = [await get(path), await get(path)];
    expect([statuses, hub.hasThrown()]).toEqual([[500, 200], true]);
    expect(hub.process.output()).toContain(`thrown at ${place}`);
  });

  test('N09: a callback of the database that throws is 500 for its own request, and nothing of it is written', async () => {
    const names = async (): Promise<readonly string[]> => (await hub.ask<readonly { readonly name: string }[]>('GET', 'users')).map(({ name }) => name);
    const before = await names();
    hub.throwAt('a callback of the database');
    await expect(hub.ask('POST', 'users', { usernames: ['zoe'] })).rejects.toMatchObject({ status: 500 });
    expect([await names(), hub.hasThrown()]).toEqual([before, true]);
    await hub.ask('POST', 'users', { usernames: ['zoe'] });
    expect(await names()).toEqual([...before, 'zoe']);
  });

  test.each<Place>(['an event of a stream', 'a beat of a stream'])('N09: %s that throws breaks that stream off, and the next one goes on', async (place) => {
    // One server may run, so that this one waits in line and its stream stays open.
    void hub.ask('POST', 'users/ben/server').catch(() => undefined);
    await until(async () => (await hub.ask<{ berth: { state: string } }>('GET', 'users/ben/server')).berth.state === 'queued');
    const follow = (): RawClient => rawClient(hub.port, `GET /hub/api/users/ben/server/progress HTTP/1.1\r\n${headers()}\r\n`);
    hub.throwAt(place);
    const broken = follow();
    const all = await broken.closed(20_000);
    // The end of a stream that is over.
    expect([all.endsWith('0\r\n\r\n'), hub.hasThrown()]).toEqual([false, true]);
    const next = follow();
    await next.until((text) => text.includes('data:'));
    next.destroy();
    expect(hub.process.output()).toContain(`thrown at ${place}`);
  });
});

describe('what throws where nobody expected it', () => {
  beforeEach(openHub);
  afterEach(async () => hub.close());

  const begun = async (): Promise<RawClient> => {
    const client = rawClient(hub.port, `POST /user/ann/echo HTTP/1.1\r\n${headers()}Content-Length: 10\r\n\r\nfirst`);
    await until(() => client.socket.bytesWritten > 0 && !client.socket.connecting);
    // Answered later than the one before it on the way in: the first half has arrived.
    expect(await get('/user/ann/echo')).toBe(200);
    return client;
  };
  const accepts = async (): Promise<boolean> => get('/hub/login').then((status) => status === 200, () => false);

  const provoke: Readonly<Partial<Record<Place, () => RawClient>>> = {
    'an event of the proxy': () => rawClient(hub.port, `GET /user/ann/ws HTTP/1.1\r\n${headers()}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`),
  };

  test.each<Place>(['a timer', 'a promise', 'an event of the proxy'])('N09: %s that throws is logged, and the hub stops accepting, lets open requests end, and exits with 1', async (place) => {
    const open = await begun();
    hub.throwAt(place);
    const cause = provoke[place]?.();
    await until(async () => !(await accepts()));
    expect(open.text()).toBe('');
    open.send('other');
    expect(await open.until((text) => text.includes('firstother'))).toMatch(/^HTTP\/1\.1 200 /);
    expect(await hub.process.exited).toBe(1);
    expect(hub.process.output()).toMatch(new RegExp(`"level":"error".*thrown at ${place}.*uncaught error: the hub ends`));
    open.destroy();
    cause?.destroy();
  });
});
