import { WebSocket, WebSocketServer } from 'ws';
import type { AddressInfo } from 'node:net';
import { createFakeClock } from '../support/fake-clock';
import { asAlice, closeStartedProxies, eventually, get, ORIGIN, startProxy, type TestProxy } from '../support/start-proxy';
import { isComplete, rawClient } from '../support/raw-client';
import { always, startHostileUpstream, type HostileUpstream } from '../support/hostile-upstream';
import { OK } from '../support/proxy-pair';

/** What counts as use of a server, and what an open page does by itself. */
const clock = createFakeClock();
let hub: TestProxy;
let used: number[];
let upstream: HostileUpstream;
let sockets: WebSocketServer;

beforeEach(async () => {
  used = [];
  hub = await startProxy({ clock, used: (_server, bytes) => void used.push(bytes) });
  upstream = await startHostileUpstream(always(OK));
  sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  sockets.on('connection', (ws) => ws.on('message', (data) => ws.send(data as Buffer)));
  await new Promise((resolve) => { sockets.once('listening', resolve); });
});
afterEach(async () => {
  await closeStartedProxies();
  await upstream.close();
  for (const client of sockets.clients) client.terminate();
  await new Promise((resolve) => { sockets.close(resolve); });
});

async function ask(raw: string): Promise<void> {
  hub.route('alice', upstream.origin);
  const client = rawClient(hub.port, raw);
  await client.until((text) => isComplete(text));
  client.socket.destroy();
}

async function open(path: string): Promise<WebSocket> {
  hub.route('alice', `http://127.0.0.1:${(sockets.address() as AddressInfo).port}`);
  const ws = new WebSocket(`ws://127.0.0.1:${hub.port}/user/alice/${path}`, { headers: { host: 'hub.test', cookie: 'hub=cookie-alice', origin: ORIGIN } });
  await new Promise((resolve) => { ws.once('open', resolve); });
  return ws;
}
/** The echo of the upstream says that it went through. */
const say = async (ws: WebSocket, text: string): Promise<void> => {
  const echoed = new Promise((resolve) => { ws.once('message', resolve); });
  ws.send(text);
  await echoed;
};
const shut = async (ws: WebSocket): Promise<void> => {
  const closed = new Promise((resolve) => { ws.once('close', resolve); });
  ws.close();
  await closed;
  await eventually(() => hub.proxy.counts().sockets === 0);
};

test('M14: what an open page asks for again and again is not use; opening a page, and changing something, is', async () => {
  for (const path of ['api/kernels', 'api/sessions', 'api/terminals', 'api/contents?content=1']) await ask(get(`/user/alice/${path}`));
  await ask(get('/user/alice/api/kernels', asAlice('Sec-Fetch-Mode: cors\r\n')));
  expect(used).toEqual([]);
  expect(hub.touched.length).toBe(5);
  await ask(get('/user/alice/lab', asAlice('Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n')));
  expect(used).toHaveLength(1);
  await ask(`PUT /user/alice/api/contents/a.ipynb HTTP/1.1\r\nHost: hub.test\r\nAuthorization: token token-alice\r\nContent-Length: 2\r\n\r\n{}`);
  expect(used).toHaveLength(2);
});

test('M14: typing into a kernel or a terminal is use; pings, answers of the server, and the questions of a page that has just connected are not', async () => {
  for (const path of ['api/kernels/1/channels?session_id=x', 'terminals/websocket/1']) {
    used.length = 0;
    const ws = await open(path);
    await say(ws, 'kernel_info_request');
    clock.advance(5_000);
    for (let i = 0; i < 3; i++) {
      const pong = new Promise((resolve) => { ws.once('pong', resolve); });
      ws.ping();
      await pong;
    }
    for (const client of sockets.clients) client.send('status: idle');
    await new Promise((resolve) => { ws.once('message', resolve); });
    expect(used).toEqual([]);
    await say(ws, 'execute_request');
    expect(used).toEqual([expect.any(Number)]);
    await shut(ws);
    expect(used).toHaveLength(1);
  }
});

test('M14: channels on which a page talks by itself are not use, whatever is sent there', async () => {
  for (const path of ['api/events/subscribe', 'lsp/ws/pylsp']) {
    const ws = await open(path);
    clock.advance(60_000);
    await say(ws, 'keep-alive');
    await shut(ws);
  }
  expect(used).toEqual([]);
});
