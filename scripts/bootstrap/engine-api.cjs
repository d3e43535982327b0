'use strict';
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const { SetupError } = require('./report.cjs');

const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * Where the engine listens: the hub's setting, else DOCKER_HOST, else the default socket.
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ text: string, given: boolean, secure: boolean, request: object }} `given`: somebody chose it
 */
function endpoint(env = process.env) {
  const given = env.HUB_DOCKER_HOST || env.DOCKER_HOST;
  if (!given) return { text: `unix://${DEFAULT_SOCKET}`, given: false, secure: false, request: { socketPath: DEFAULT_SOCKET } };
  const [, scheme, rest] = /^([a-z+]+):\/\/(.*)$/.exec(given) ?? [];
  if (scheme === 'unix') return { text: given, given: true, secure: false, request: { socketPath: rest } };
  if (scheme === 'tcp' || scheme === 'http' || scheme === 'https') {
    const url = new URL(`http://${rest}`);
    const secure = scheme === 'https' || Boolean(env.DOCKER_TLS_VERIFY);
    return { text: given, given: true, secure, request: { host: url.hostname, port: Number(url.port) || (secure ? 2376 : 2375), ...(secure ? certificates(env) : {}) } };
  }
  throw new SetupError(`DOCKER_HOST=${given} is not an address that the set-up can use; it understands unix:// and tcp://. For an engine behind ssh, forward its socket `
    + '(ssh -NL /tmp/engine.sock:/var/run/docker.sock <host>) and set DOCKER_HOST=unix:///tmp/engine.sock.');
}

function certificates(env) {
  const dir = env.DOCKER_CERT_PATH;
  if (!dir) return {};
  const read = (name) => fs.readFileSync(path.join(dir, name));
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}

/**
 * One call of the Engine API.
 * @param {string} method
 * @param {string} target path and query
 * @param {{ body?: import('node:stream').Readable | object, headers?: Record<string, string>, idleMs?: number, onJson?: (message: any) => void, env?: NodeJS.ProcessEnv, at?: object }} [options]
 *   `idleMs`: fail when nothing arrives for so long (default 30 s; 0: never). `onJson`: called for each line of a progress stream.
 * @returns {Promise<{ status: number, json: any }>} rejects on transport errors only; `json` is undefined for an empty or non-JSON answer
 */
function call(method, target, options = {}) {
  const at = options.at ?? endpoint(options.env);
  const { body, idleMs = 30_000 } = options;
  const streamed = body !== undefined && typeof body.pipe === 'function';
  const headers = { ...(body !== undefined && !streamed ? { 'content-type': 'application/json' } : {}), ...options.headers };
  return new Promise((resolve, reject) => {
    const req = (at.secure ? https : http).request({ ...at.request, method, path: target, headers, agent: false }, (res) => {
      collect(res, options.onJson).then((json) => resolve({ status: res.statusCode, json }), reject);
    });
    // The idle time of a request whose body is still being sent starts anew with each chunk.
    if (idleMs > 0) req.setTimeout(idleMs, () => req.destroy(new Error(`the engine did not answer within ${idleMs / 1000} s`)));
    req.on('error', reject);
    if (!streamed) return req.end(body === undefined ? undefined : JSON.stringify(body));
    body.on('error', (error) => req.destroy(error));
    return body.pipe(req);
  });
}

async function collect(res, onJson) {
  let text = '';
  res.setEncoding('utf8');
  for await (const chunk of res) {
    text += chunk;
    if (!onJson) continue;
    const lines = text.split('\n');
    text = lines.pop();
    for (const line of lines) feed(line, onJson);
  }
  if (onJson) feed(text, onJson);
  return parsed(text);
}

function feed(line, onJson) {
  const message = parsed(line);
  if (message !== undefined) onJson(message);
}

function parsed(text) {
  try {
    return text.trim() === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined; // such as the plain "OK" of /_ping
  }
}

/** @returns {Promise<'ok' | 'denied' | 'absent'>} `denied`: something listens, but this user may not talk to it */
async function ping(at, idleMs = 3000) {
  try {
    return (await call('GET', '/_ping', { at, idleMs })).status === 200 ? 'ok' : 'absent';
  } catch (error) {
    return error.code === 'EACCES' || error.code === 'EPERM' ? 'denied' : 'absent';
  }
}

module.exports = { DEFAULT_SOCKET, call, endpoint, ping };
