'use strict';
/**
 * Many WebSockets from one process, as plain sockets: the handshake is made by hand, and each message is 100 bytes, masked with zeros, so that the load costs less than
 * what it measures. The same program, asked differently, is the upstream that sends every message back.
 */
const net = require('node:net');
const { answer, options } = require('../kit/answer.cjs');

const SIZE = 100;
const ASKED = 2 + 4 + SIZE;
const ECHOED = 2 + SIZE;
const MESSAGE = Buffer.concat([Buffer.from([0x81, 0x80 | SIZE, 0, 0, 0, 0]), Buffer.alloc(SIZE, 'm')]);
const ECHO = Buffer.concat([Buffer.from([0x81, SIZE]), Buffer.alloc(SIZE, 'm')]);
/** The answer to the key below. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

function upstream() {
  const server = net.createServer({ noDelay: true }, (socket) => {
    let open = false;
    let bytes = 0;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      if (!open) {
        if (!chunk.includes('\r\n\r\n')) return;
        // Somebody who only looks whether it is there.
        if (!/upgrade: *websocket/i.test(chunk.latin1Slice())) return socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
        open = true;
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`);
        return;
      }
      bytes += chunk.length;
      for (; bytes >= ASKED; bytes -= ASKED) socket.write(ECHO);
    });
  });
  server.listen(0, '127.0.0.1', 8192, () => answer({ port: server.address().port, origin: `http://127.0.0.1:${server.address().port}` }));
}

let sockets = [];

function connect({ port, path, headers }, localAddress) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, ...(localAddress === undefined ? {} : { localAddress }) });
    const head = Object.entries({ Host: `127.0.0.1:${port}`, Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': KEY, ...headers });
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.once('data', (chunk) => {
      if (!chunk.toString('latin1').startsWith('HTTP/1.1 101')) reject(new Error(`no WebSocket: ${chunk.toString('latin1').slice(0, 200)}`));
      else resolve(socket);
    });
    socket.write(`GET ${path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  });
}

const AT_ONCE = 32;

/** `clients`: who they are, in turn; `addresses`: from how many addresses of this machine they come. */
async function open({ port, clients, connections, addresses = 1 }) {
  let next = 0;
  const lane = async () => {
    while (next < connections) {
      const n = next;
      next += 1;
      sockets.push(await connect({ port, ...clients[n % clients.length] }, addresses === 1 ? undefined : `127.0.1.${1 + (n % addresses)}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return sockets.length;
}

/** Each connection sends its next message when the last one has come back. */
function talk({ messages }) {
  const each = Math.ceil(messages / sockets.length);
  const one = (socket) => new Promise((resolve, reject) => {
    let sent = 1;
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes < ECHOED) return;
      bytes -= ECHOED;
      if (sent === each) return resolve(socket.removeAllListeners('data'));
      sent += 1;
      socket.write(MESSAGE);
    });
    socket.once('close', () => reject(new Error('a WebSocket was closed')));
    socket.write(MESSAGE);
  });
  return Promise.all(sockets.map(one)).then(() => each * sockets.length);
}

async function close() {
  const gone = sockets.map((socket) => new Promise((resolve) => { socket.removeAllListeners('close').once('close', resolve); }));
  for (const socket of sockets) socket.destroy();
  await Promise.all(gone);
  sockets = [];
}

if (options().upstream) upstream();
else answer({}, { open, talk, close });
