'use strict';
/** People who sign in through the form, as browsers do, beside a probe that asks for something small all the time. */
const { Agent, request } = require('undici');
const { answer } = require('../kit/answer.cjs');

const agent = new Agent({ connections: 64 });

async function ask(origin, path, options = {}) {
  const from = performance.now();
  const res = await request(`${origin}${path}`, { dispatcher: agent, ...options });
  const text = await res.body.text();
  return { status: res.statusCode, headers: res.headers, text, ms: performance.now() - from };
}

const pairOf = (headers, name) => [headers['set-cookie'] ?? []].flat().map((line) => line.split(';')[0]).find((pair) => pair.startsWith(`${name}=`));

async function signIn(origin, username, password) {
  const page = await ask(origin, '/hub/login');
  const xsrf = /name="_xsrf" value="([^"]+)"/.exec(page.text)?.[1];
  const cookies = [page.headers['set-cookie'] ?? []].flat().map((line) => line.split(';')[0]).join('; ');
  const body = new URLSearchParams({ _xsrf: xsrf ?? '', username, password }).toString();
  const res = await ask(origin, '/hub/login', { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: cookies, origin, 'sec-fetch-site': 'same-origin' } });
  if (res.status !== 302 && res.status !== 303) throw new Error(`no sign-in: ${res.status} ${res.text.slice(0, 300)}`);
  if (pairOf(res.headers, 'hub') === undefined) throw new Error('no session');
}

/** Every 5 ms, whether or not the last one was answered: what waits must not thin out the sample. */
function probe(origin, path) {
  const took = [];
  const open = new Set();
  const timer = setInterval(() => {
    const one = ask(origin, path).then(({ ms, status }) => { took.push(status === 200 ? ms : Number.POSITIVE_INFINITY); }).finally(() => open.delete(one));
    open.add(one);
  }, 5);
  return async () => {
    clearInterval(timer);
    await Promise.all(open);
    return took;
  };
}

/** `names`: each signs in once, `atOnce` of them together. */
async function signIns({ origin, names, password, atOnce }) {
  const end = probe(origin, '/hub/health');
  const left = [...names];
  const from = performance.now();
  const lane = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) await signIn(origin, name, password);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { ms: performance.now() - from, health: await end() };
}

/** One call, beside the probe. */
async function call({ origin, path, method, json, headers }) {
  const end = probe(origin, '/hub/health');
  const { status, ms, text } = await ask(origin, path, { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(json) });
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`);
  return { ms, health: await end() };
}

answer({}, { signIns, call });
