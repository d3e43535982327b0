import { always } from '../support/hostile-upstream';
import { isComplete, rawClient } from '../support/raw-client';
import type { RawClient } from '../support/raw-client';
import { useProxyPair } from '../support/proxy-pair';
import { ACCEPT, asAlice, eventually, get, upgrade } from '../support/start-proxy';
import type { ServerId, UserId } from '../../hub/domain/ids';

const pair = useProxyPair();
const closeFrame = (code: number): Buffer => Buffer.from([0x88, 2, code >> 8, code & 0xff]);
const bobs = 'Host: hub.test\r\nCookie: hub=cookie-bob\r\nOrigin: http://hub.test\r\n';

async function openSockets(count: number, user = 'alice'): Promise<RawClient[]> {
  const clients = Array.from({ length: count }, () => rawClient(pair.hub.port, user === 'alice' ? upgrade('/user/alice/ws') : upgrade('/user/bob/ws', bobs)));
  await Promise.all(clients.map((client) => client.until((text) => text.includes('\r\n\r\n'))));
  return clients;
}

beforeEach(() => {
  pair.alice.script(always(ACCEPT));
  pair.bob.script(always(ACCEPT));
});

test('I09: stopping a server closes its sockets at once, and a new one is told so', async () => {
  const clients = await openSockets(10);
  const [others] = await openSockets(1, 'bob');
  const route = pair.hub.routes.remove('/user/alice/');
  if (route === undefined) throw new Error('no route');
  const drained = pair.hub.proxy.drain(route, 5_000);
  for (const client of clients) {
    await client.closed(2_000);
    expect(client.bytes().subarray(-4)).toEqual(closeFrame(1001));
  }
  await drained;
  const again = rawClient(pair.hub.port, upgrade('/user/alice/ws'));
  expect(await again.closed()).toMatch(/^HTTP\/1.1 424 [^]*application\/json/);
  expect(pair.hub.proxy.counts().sockets).toBe(1);
  others?.destroy();
});

test('a drain waits for requests until its deadline, and ends them then', async () => {
  pair.alice.script(() => undefined);
  const client = rawClient(pair.hub.port, get('/user/alice/slow'));
  await eventually(() => pair.alice.requests().length === 1);
  const route = pair.hub.routes.remove('/user/alice/');
  if (route === undefined) throw new Error('no route');
  const started = performance.now();
  await pair.hub.proxy.drain(route, 200);
  expect(performance.now() - started).toBeGreaterThan(150);
  expect(await client.closed()).toMatch(/^HTTP\/1.1 503 /);
  await eventually(() => pair.alice.busy() === 0);
});

test('a request that ends in time is not cut off by the drain', async () => {
  pair.alice.script(({ socket }) => void socket.once('data', () => setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'), 100)));
  const client = rawClient(pair.hub.port, get('/user/alice/slow'));
  await eventually(() => pair.alice.requests().length === 1);
  const route = pair.hub.routes.remove('/user/alice/');
  if (route === undefined) throw new Error('no route');
  const started = performance.now();
  await pair.hub.proxy.drain(route, 5_000);
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(await client.until(isComplete)).toMatch(/late$/);
  client.destroy();
});

test('B17: signing out closes what was opened with that session, and only that', async () => {
  const mine = await openSockets(3);
  const [others] = await openSockets(1, 'bob');
  pair.hub.proxy.revoke('cookie-alice');
  for (const client of mine) {
    await client.closed(2_000);
    expect(client.bytes().subarray(-4)).toEqual(closeFrame(1008));
  }
  await eventually(() => pair.hub.proxy.counts().sockets === 1);
  others?.destroy();
});

test('B03: revocation ends a download, too', async () => {
  pair.alice.script(({ socket }) => void socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart')));
  const client = rawClient(pair.hub.port, get('/user/alice/x'));
  await client.until((text) => text.endsWith('part'));
  pair.hub.proxy.revoke('cookie-alice');
  await client.closed(1_000);
  expect(client.failed()).toBe(true);
  await eventually(() => pair.hub.proxy.counts().requests === 0);
});

test('A18: disabling a user closes everything of that user', async () => {
  const mine = await openSockets(2);
  pair.hub.proxy.revokeUser('alice' as UserId);
  for (const client of mine) await client.closed(2_000);
  await eventually(() => pair.hub.proxy.counts().sockets === 0);
});

test('D22: asking the policy again ends sockets and downloads that it allows no more, at that server only, and nothing else', async () => {
  const mine = await openSockets(2);
  const [others] = await openSockets(1, 'bob');
  pair.alice.script(({ socket }) => void socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart')));
  const download = rawClient(pair.hub.port, get('/user/alice/x'));
  await download.until((text) => text.endsWith('part'));
  pair.hub.proxy.recheck();
  pair.hub.revoked.add('cookie-alice');
  pair.hub.proxy.recheck('bob-default' as ServerId);
  expect(pair.hub.proxy.counts()).toEqual({ requests: 1, sockets: 3 });
  pair.hub.proxy.recheck('alice-default' as ServerId);
  for (const client of mine) {
    await client.closed(2_000);
    expect(client.bytes().subarray(-4)).toEqual(closeFrame(1008));
  }
  await download.closed(2_000);
  expect(download.failed()).toBe(true);
  await eventually(() => pair.hub.proxy.counts().requests === 0 && pair.hub.proxy.counts().sockets === 1);
  pair.hub.revoked.add('cookie-bob');
  pair.hub.proxy.recheck();
  await others?.closed(2_000);
});

test('I10: closing the hub sends sockets away with "come back", lets requests finish, and refuses new ones', async () => {
  const sockets = await openSockets(5);
  pair.bob.script(({ socket }) => void socket.once('data', () => setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'), 300)));
  const kept = rawClient(pair.hub.port, get('/hub/x'));
  await kept.until(isComplete);
  const slow = rawClient(pair.hub.port, get('/user/bob/x', bobs));
  await eventually(() => pair.bob.requests().length === 1);
  const closed = pair.hub.proxy.close(5_000);
  kept.send(get('/user/alice/x', asAlice()));
  expect(await kept.closed()).toMatch(/HTTP\/1.1 503 [^]*retry-after: 5/);
  for (const client of sockets) {
    await client.closed(2_000);
    expect(client.bytes().subarray(-4)).toEqual(closeFrame(1012));
  }
  expect(await slow.until(isComplete)).toMatch(/late$/);
  slow.destroy();
  await closed;
  expect(pair.hub.proxy.counts()).toEqual({ requests: 0, sockets: 0 });
});
