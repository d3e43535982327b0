'use strict';
/**
 * Many people at once: each has a session, keeps a WebSocket open and sends something over it now and then, asks for something small of their server now and then, and looks
 * at the hub's page or asks its API once in a while. Latencies are kept by kind.
 */
const net = require('node:net');
const { Agent, request } = require('undici');
const { percentile } = require('../kit/measure.cjs');
const { answer } = require('../kit/answer.cjs');

const MESSAGE = Buffer.concat([Buffer.from([0x81, 0x80 | 100, 0, 0, 0, 0]), Buffer.alloc(100, 'm')]);
const ECHOED = 102;
/** On average; each waits between nothing and twice that. */
const EVERY = { message: 4000, request: 8000, page: 60_000, api: 60_000 };

const agent = new Agent({ connections: 128, pipelining: 1 });
let took = {};
let failures = [];
let going = false;
const people = [];

const note = (kind, ms) => (took[kind] ??= []).push(ms);
const fail = (kind, said) => failures.push(`${kind}: ${said}`);

function connect({ port, path, headers }, localAddress) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
    const head = Object.entries({ Host: `127.0.0.1:${port}`, Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers });
    socket.once('error', reject);
    socket.once('data', (chunk) => (chunk.latin1Slice(0, 12) === 'HTTP/1.1 101' ? resolve(socket) : reject(new Error(chunk.latin1Slice(0, 200)))));
    socket.write(`GET ${path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  });
}

async function get(kind, origin, path, headers) {
  const from = performance.now();
  try {
    const res = await request(`${origin}${path}`, { headers, dispatcher: agent });
    await res.body.dump();
    if (res.statusCode >= 400) fail(kind, res.statusCode);
    else note(kind, performance.now() - from);
  } catch (error) {
    fail(kind, error.message);
  }
}

/** Again and again, at moments of its own. */
function nowAndThen(kind, act) {
  const next = () => setTimeout(async () => {
    if (!going) return;
    await act();
    next();
  }, Math.random() * 2 * EVERY[kind]);
  next();
}

function live({ origin, port, path, prefix, headers, localAddress }) {
  return connect({ port, path, headers }, localAddress).then((socket) => {
    const one = { socket, sent: 0, bytes: 0 };
    people.push(one);
    socket.on('error', (error) => fail('message', error.message));
    socket.on('close', () => { if (going) fail('message', 'the WebSocket was closed'); });
    socket.on('data', (chunk) => {
      one.bytes += chunk.length;
      if (one.bytes < ECHOED) return;
      one.bytes -= ECHOED;
      note('message', performance.now() - one.sent);
    });
    going = true;
    nowAndThen('message', () => {
      one.sent = performance.now();
      one.bytes = 0;
      socket.write(MESSAGE);
    });
    nowAndThen('request', () => get('request', origin, `${prefix}api`, headers));
    nowAndThen('page', () => get('page', origin, '/hub/home', { ...headers, accept: 'text/html' }));
    nowAndThen('api', () => get('api', origin, '/hub/api/user', headers));
  });
}

const AT_ONCE = 32;

/** Everybody comes in at once, as in the morning. */
async function arrive({ clients, port, addresses }) {
  const origin = `http://127.0.0.1:${port}`;
  const left = clients.map((client, n) => ({ ...client, port, origin, prefix: client.path.slice(0, client.path.lastIndexOf('/') + 1), localAddress: `127.0.1.${1 + (n % addresses)}` }));
  const from = performance.now();
  const lane = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await live(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return performance.now() - from;
}

/** What happened since the last time. */
function report() {
  const kinds = Object.fromEntries(Object.entries(took).map(([kind, all]) => [kind, { count: all.length, p50: percentile(all, 0.5), p99: percentile(all, 0.99), max: Math.max(...all) }]));
  const said = { kinds, failures: failures.length, examples: [...new Set(failures)].slice(0, 5) };
  took = {};
  failures = [];
  return said;
}

function leave() {
  going = false;
  for (const { socket } of people) socket.destroy();
}

answer({}, { arrive, report, leave });
