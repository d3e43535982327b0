'use strict';
/**
 * Run by tests/proxy/vanished-clients.test.ts in a network namespace of its own: a proxy with a server of Alice's, or a hub, and clients on one
 * loopback device. Then the clients' address is cut off by a rule of that namespace, so that they vanish without a word, as a laptop does.
 * Prints what happened as one line of JSON.
 */
require('./typescript.cjs');
const { execFileSync } = require('node:child_process');
const net = require('node:net');

const [KIND, COUNT, WITHIN_MS] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const AWAY = '127.0.0.7';
const run = (program, ...args) => execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
const until = async (condition, ms) => {
  const started = Date.now();
  while (!condition() && Date.now() - started < ms) await new Promise((resolve) => setTimeout(resolve, 50));
  return condition() ? Date.now() - started : -1;
};

/** Cuts the clients off, in both directions. */
function vanish() {
  run('iptables', '-A', 'INPUT', '-s', AWAY, '-j', 'DROP');
  run('iptables', '-A', 'INPUT', '-d', AWAY, '-j', 'DROP');
}

function connect(port, bytes) {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress: AWAY });
  socket.on('error', () => undefined);
  socket.write(bytes);
  return socket;
}

/** WebSockets; `chatty`: the server goes on sending, so that something is always on its way. */
async function webSockets(chatty) {
  const { startProxy, upgrade, ACCEPT } = require('./start-proxy.ts');
  const { startHostileUpstream, always } = require('./hostile-upstream.ts');
  const hub = await startProxy();
  const upstream = await startHostileUpstream(always(ACCEPT));
  hub.route('alice', upstream.origin);
  for (let i = 0; i < COUNT; i += 1) connect(hub.port, upgrade('/user/alice/ws')).resume();
  const opened = await until(() => hub.proxy.counts().sockets === COUNT && upstream.requests().length === COUNT, 20_000);
  if (chatty) setInterval(() => upstream.connections.forEach(({ socket }) => socket.write('x')), 1_000);
  vanish();
  const freedMs = await until(() => hub.proxy.counts().sockets === 0 && upstream.busy() === 0, WITHIN_MS);
  return { opened: opened !== -1, freedMs, left: hub.proxy.counts().sockets };
}

/** Progress streams of starts that do not end, twenty for each user. */
async function streams() {
  const { startHub } = require('./start-hub.ts');
  const { makeToken, makeUser } = require('./factories.ts');
  const hub = await startHub({ behaviour: { kind: 'never', at: 'start' } });
  const port = Number(new URL(hub.origin).port);
  const requests = Array.from({ length: COUNT / 20 }, (_, i) => {
    const user = makeUser(hub, `user${i}`);
    hub.hub.services.servers.start(hub.hub.services.actors.ofUser(user, 'cookie', 'test'), user, '', {});
    return `GET /hub/api/users/${user.name}/server/progress HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: token ${makeToken(hub, user)}\r\n\r\n`;
  });
  const statuses = [];
  const note = (socket) => socket.once('data', (data) => statuses.push(Number(String(data).split(' ')[1])));
  for (const request of requests) for (let i = 0; i < 20; i += 1) note(connect(port, request)).on('data', () => undefined);
  await until(() => statuses.length === COUNT, 20_000);
  const opened = statuses.every((status) => status === 200);
  vanish();
  const tryAgain = (request) => new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' }).on('error', () => resolve(0));
    socket.once('data', (data) => {
      resolve(Number(String(data).split(' ')[1]));
      socket.destroy();
    });
    socket.write(request);
  });
  const full = await tryAgain(requests[0]);
  const started = Date.now();
  let freedMs = -1;
  while (freedMs === -1 && Date.now() - started < WITHIN_MS) {
    const again = await Promise.all(requests.map(tryAgain));
    if (again.every((status) => status === 200)) freedMs = Date.now() - started;
    else await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return { opened, full, freedMs };
}

async function main() {
  run('ip', 'link', 'set', 'lo', 'up');
  const result = KIND === 'streams' ? await streams() : await webSockets(KIND === 'chatty');
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exit(0);
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
