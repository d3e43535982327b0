'use strict';
/**
 * `node -r …/thrower.cjs`: lets the hub's own dependencies throw inside the hub, once, at the place whose name is the content of the file
 * `BERTH_THROW_AT` names. The file is empty again as soon as that has happened.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const { ServerResponse } = require('node:http');

const FILE = process.env.BERTH_THROW_AT;
/** So often a timer of the hub may throw. Those of open streams, every eight seconds else, work as often, so that nobody waits for them. */
const QUICK_MS = 200;
const RARE_MS = 10_000;

const isDue = (place) => {
  if (readFileSync(FILE, 'utf8') !== place) return false;
  writeFileSync(FILE, '');
  return true;
};
const throwAt = (place) => {
  if (isDue(place)) throw new TypeError(`thrown at ${place}`);
};
/** Replaces a function of an object by one that may throw first. */
const before = (object, name, placeOf) => {
  const real = object[name];
  object[name] = function patched(...args) {
    const place = placeOf.call(this, ...args);
    if (place !== undefined) throwAt(place);
    return real.apply(this, args);
  };
};

const { setInterval } = globalThis;
globalThis.setInterval = (work, ms, ...args) => {
  let next = performance.now() + ms;
  return setInterval(() => {
    throwAt('a timer');
    if (isDue('a promise')) void Promise.reject(new TypeError('thrown at a promise'));
    if (ms >= RARE_MS && performance.now() < next) return;
    next += ms;
    work(...args);
  }, Math.min(ms, QUICK_MS));
};

const opened = new WeakSet();
before(ServerResponse.prototype, 'write', function place(chunk) {
  if (String(chunk).startsWith('data: ')) return 'an event of a stream';
  // Every stream of events begins with an empty line, too.
  if (String(chunk) !== '\n\n') return undefined;
  if (opened.has(this)) return 'a beat of a stream';
  opened.add(this);
  return undefined;
});
before(require('preact-render-to-string'), 'renderToString', () => 'a page');
before(require('undici').Pool.prototype, 'dispatch', () => 'a proxied request');

const httpProxy = require('http-proxy');
const { createProxyServer } = httpProxy;
httpProxy.createProxyServer = (options) => createProxyServer(options).on('open', () => throwAt('an event of the proxy'));

const Database = require('better-sqlite3');
const { transaction } = Database.prototype;
Database.prototype.transaction = function patched(work) {
  return transaction.call(this, (...args) => {
    const done = work(...args);
    throwAt('a callback of the database');
    return done;
  });
};

const Docker = require('dockerode');
const { getEvents } = Docker.prototype;
Docker.prototype.getEvents = async function patched(...args) {
  const stream = await getEvents.apply(this, args);
  const on = stream.on.bind(stream);
  stream.on = (event, listener) => on(event, event !== 'data' ? listener : (chunk) => {
    throwAt('an event of the engine');
    listener(chunk);
  });
  return stream;
};
