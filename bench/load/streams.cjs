'use strict';
/**
 * Long bodies over plain sockets, with one buffer for all that is read, so that the load costs less than what it measures. Asked differently, it is the upstream that
 * takes a body and answers when all of it has come.
 */
const net = require('node:net');
const { answer, options } = require('../kit/answer.cjs');

const CHUNK = Buffer.alloc(64 * 1024, 'b');
const INTO = Buffer.allocUnsafe(256 * 1024);

/** Calls back with the size of the head, once, and then with the size of whatever follows. */
function parts(onHead, onBody) {
  let head = '';
  let open = false;
  return (size, buffer) => {
    if (open) return onBody(size);
    head += buffer.latin1Slice(0, size);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return true;
    open = true;
    onHead(head.slice(0, end));
    const rest = head.length - end - 4;
    return rest > 0 ? onBody(rest) : true;
  };
}

const lengthOf = (head) => Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);

function sink() {
  const server = net.createServer((socket) => {
    // A body has a length or is in chunks; of these only the end is of interest, and no chunk of ours looks like it.
    let left = 0;
    let tail = '';
    let inBody = false;
    let chunked = false;
    let head = '';
    socket.on('error', () => socket.destroy());
    const done = () => {
      inBody = false;
      head = '';
      tail = '';
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok');
    };
    const take = (chunk) => {
      if (chunked) {
        tail = (tail + chunk.latin1Slice(Math.max(0, chunk.length - 5))).slice(-5);
        if (tail === '0\r\n\r\n') done();
        return;
      }
      left -= chunk.length;
      if (left <= 0) done();
    };
    socket.on('data', (chunk) => {
      if (inBody) return take(chunk);
      head += chunk.latin1Slice();
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      left = lengthOf(head.slice(0, end));
      chunked = Number.isNaN(left);
      inBody = true;
      const rest = head.length - end - 4;
      if (rest > 0 || left === 0) take(chunk.subarray(chunk.length - rest));
    });
  });
  server.listen(0, '127.0.0.1', 1024, () => answer({ port: server.address().port, origin: `http://127.0.0.1:${server.address().port}` }));
}

const request = (method, { port, path, headers = {} }, more = {}) =>
  `${method} ${path} HTTP/1.1\r\n${Object.entries({ Host: `127.0.0.1:${port}`, ...headers, ...more }).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;

const refused = (head) => (/^HTTP\/1\.1 200/.test(head) ? null : new Error(`refused: ${head.slice(0, 300)}`));

/** One file, `times` over, on one connection. Resolves with the bytes of the bodies. */
function fetchFile(given) {
  return new Promise((resolve, reject) => {
    let left = 0;
    let total = 0;
    let times = 0;
    const again = () => {
      if (times === given.times) return socket.destroy();
      times += 1;
      socket.write(request('GET', given));
      take = parts(
        (head) => {
          const bad = refused(head);
          if (bad !== null) return reject(bad);
          left = lengthOf(head);
        },
        (size) => {
          total += size;
          left -= size;
          if (left <= 0) again();
          return true;
        },
      );
    };
    let take;
    const socket = net.connect({ port: given.port, host: '127.0.0.1', onread: { buffer: INTO, callback: (size, buffer) => take(size, buffer) } }, again);
    socket.once('error', reject);
    socket.once('close', () => (times === given.times && left <= 0 ? resolve(total) : reject(new Error('the connection was closed in the middle'))));
  });
}

/** One body of `bytes`, `times` over, on one connection. */
function sendFile({ bytes, times, ...given }) {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let round = 0;
    const write = () => {
      while (sent < bytes) {
        const piece = Math.min(CHUNK.length, bytes - sent);
        sent += piece;
        if (!socket.write(piece === CHUNK.length ? CHUNK : CHUNK.subarray(0, piece))) return socket.once('drain', write);
      }
    };
    const again = () => {
      if (round === times) return socket.destroy();
      round += 1;
      sent = 0;
      socket.write(request('POST', given, { 'Content-Length': bytes, 'Content-Type': 'application/octet-stream' }));
      write();
    };
    const socket = net.connect({ port: given.port, host: '127.0.0.1' }, again);
    let head = '';
    socket.on('data', (chunk) => {
      head += chunk.latin1Slice();
      if (!/\r\n\r\nok$/.test(head)) return;
      const bad = refused(head);
      if (bad !== null) return reject(bad);
      head = '';
      again();
    });
    socket.once('error', reject);
    socket.once('close', () => (round === times ? resolve(bytes * times) : reject(new Error(`the connection was closed in the middle: ${head.slice(0, 300)}`))));
  });
}

const side = (one) => async ({ connections, ...given }) => (await Promise.all(Array.from({ length: connections }, () => one(given)))).reduce((sum, bytes) => sum + bytes, 0);

let slow = [];

/** Clients that take a piece now and then, and are not done before they are told to leave. */
function openSlow({ connections, pieceMs, ...given }) {
  const one = () => new Promise((resolve, reject) => {
    const take = parts((head) => {
      const bad = refused(head);
      if (bad !== null) return reject(bad);
      resolve();
    }, () => true);
    const client = { bytes: 0 };
    const socket = net.connect({
      port: given.port, host: '127.0.0.1',
      onread: {
        buffer: INTO.subarray(0, 64 * 1024),
        callback: (size, buffer) => {
          take(size, buffer);
          client.bytes += size;
          setTimeout(() => socket.resume(), pieceMs);
          return false;
        },
      },
    }, () => socket.write(request('GET', given)));
    socket.on('error', reject);
    client.end = () => socket.destroy();
    slow.push(client);
  });
  return Promise.all(Array.from({ length: connections }, one)).then(() => connections);
}

function closeSlow() {
  const total = slow.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const client of slow) client.end();
  slow = [];
  return total;
}

if (options().sink) sink();
else answer({}, { down: side(fetchFile), up: side(sendFile), openSlow, closeSlow });
