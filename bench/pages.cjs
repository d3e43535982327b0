'use strict';
/**
 * What one page costs at the size of a large hub: `node bench/pages.cjs [rounds] [part of a page's name]`. A whole hub with pretended servers is
 * asked from another process over HTTP; what counts is the CPU time of the hub's process, all of its threads, from the request to the answer:
 * signing in by cookie, queries, rendering. Figures are milliseconds for each request of a batch; rounds ask for every page in turn, and
 * the first ones are not counted. Those in docs/benchmarks.md come from here. `PROFILE=<folder>`
 * writes a CPU profile of the hub into it; `BENCH_STORE=<folder>` keeps the database there, for the next time.
 */
require('../tests/support/typescript.cjs');
const { fork } = require('node:child_process');
const { existsSync, mkdtempSync, rmSync } = require('node:fs');
const http = require('node:http');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { fillStore, personsOf } = require('./pages-store.cjs');

const SIZE = { now: new Date(), users: 10_000, groups: 200, running: 1_000, stopped: 4_000, entries: 20_000, notices: 50 };
const BATCH = 20;
const WARM = 3;
/** A caller may ask this often, so that the hub does not refuse. */
const PER_SECOND = 80;
const PROFILES = [{ slug: 'default', title: 'Usual' }, { slug: 'large', title: 'Large' }];

/** In the hub's own process. `lab`: where every server answers. */
async function serveHub(folder, lab) {
  const { parseConfig } = require('../hub/config/index.ts');
  const { createHub } = require('../hub/create-hub.ts');
  const { systemClock } = require('../hub/domain/runtime.ts');
  const { openStore } = require('../hub/store/create-store.ts');
  const { createFakeSpawner } = require('../spawner/fake/index.ts');
  const { cookieNames } = require('../hub/http/cookies.ts');
  const quiet = { debug() {}, info() {}, warn() {}, error: (_fields, text) => console.error(text), child: () => quiet };
  const config = parseConfig({ dataDir: 'state', spawner: 'fake', listen: { port: 0, host: '127.0.0.1' }, profiles: PROFILES }, folder);
  const store = openStore(path.join(folder, 'state', 'hub.sqlite'));
  const running = () => store.servers.active().map(({ id, state }) => ({ server: id, handle: state.handle, running: true }));
  let beat = 0;
  const sample = async () => {
    beat += 10;
    return running().map(({ server }, n) => ({ server, memoryBytes: 2e8 + n * 1e6, memoryLimit: 2 ** 32, cpuSeconds: beat * ((n % 20) / 10), cpuLimit: 2 }));
  };
  const fake = createFakeSpawner({ clock: systemClock });
  const spawner = { ...fake, list: async () => running(), inspect: async () => ({ kind: 'running', origin: lab, mode: 'injected' }), sample, cpuSeconds: async () => beat };
  const hub = await createHub(config, quiet, { store, spawner });
  await hub.services.usage.sample();
  const persons = process.env.BENCH_PERSONS.split(',').map((name) => store.users.byName(name));
  const actors = persons.map((user) => hub.services.actors.ofUser(user, 'cookie', 'bench'));
  const cookies = persons.map((user) => `${cookieNames(false).session}=${hub.services.sessions.start(user, { address: '127.0.0.1', userAgent: 'bench' }).cookie}`);
  const tokens = persons.map((user, i) => hub.services.tokens.create(actors[i], user, { note: 'bench', scopes: ['inherit'], expiresInSeconds: 36_000 }).secret);
  const groups = store.groups.groupsOf(persons[1].id).map(({ name }) => name);
  process.on('message', () => process.send(process.cpuUsage()));
  process.once('disconnect', () => void hub.close().then(() => {
    store.close();
    process.exit(0);
  }));
  process.send({ origin: hub.url, cookies, tokens, groups, running: hub.routes.list().length });
}

const adminLists = (name, address, sorts) => sorts.flatMap((sort) => [sort, `-${sort}`]).map((sort) => [`${name} by ${sort}`, `${address}?sort=${sort}`]);

/** Name, address below `/hub/`. */
function adminPages(person, id) {
  const search = person.slice(5, 7);
  const servers = SIZE.running + SIZE.stopped;
  return [
    ['servers', 'admin/servers'], ['servers, 100 a page', 'admin/servers?limit=100'], ...adminLists('servers', 'admin/servers', ['last_activity', 'cpu', 'memory', 'volumes', 'started']),
    ['servers, last page', `admin/servers?offset=${servers - 50}`], ['servers, running', 'admin/servers?state=running'], ['servers, stopped', 'admin/servers?state=stopped'], ['servers, ending soon', 'admin/servers?state=soon'],
    ['servers, searched', `admin/servers?user=${search}`], ['servers of a large group', 'admin/servers?group=everyone'], ['servers of a profile', 'admin/servers?profile=large&sort=-volumes'],
    ['server', `admin/servers/${person}`], ['dashboard', 'admin'], ['dashboard, 90 days', 'admin?range=quarter'],
    ['users', 'admin/users'], ['users, 100 a page', 'admin/users?limit=100'], ...adminLists('users', 'admin/users', ['id', 'last_activity']), ['users by -name', 'admin/users?sort=-name'], ['users, last page', `admin/users?offset=${SIZE.users - 50}`],
    ['users, disabled', 'admin/users?status=disabled'], ['users, searched', `admin/users?q=${search}`], ['users of a large group', 'admin/users?group=everyone'], ['add users', 'admin/add-users'],
    ...['', 'servers', 'groups', 'permissions', 'volumes', 'activity'].map((tab) => [`user${tab === '' ? '' : `, ${tab}`}`, `admin/users/${person}${tab === '' ? '' : `?tab=${tab}`}`]), ['user, sessions', `admin/users/${id}/sessions`],
    ['groups', 'admin/groups'], ['groups, searched', 'admin/groups?q=group-1'], ['group of 5,000', 'admin/groups/everyone'], ['group of 5,000, later members', 'admin/groups/everyone?offset=4900'], ['group of 150', 'admin/groups/group-10'],
    ['queue', 'admin/queue'], ['usage', 'admin/usage'], ['usage, later', 'admin/usage?offset=900'], ['notifications', 'notifications'], ['maintenance', 'admin/maintenance'], ['health', 'admin/health'],
    ['audit', 'admin/audit'], ['audit of one actor', 'admin/audit?actor=boss'], ['audit of one action', 'admin/audit?action=server.start'], ['audit, searched in vain', 'admin/audit?text=nothing-like-it'], ['audit of a user', `admin/audit?target=user:${person}`],
    ['settings', 'admin/settings'], ['home', 'home'], ['files of another', `files/${person}`], ['volumes of another', `volumes/${person}`],
  ];
}

const OWN_PAGES = [['home', 'home'], ['launch', 'launch'], ['files', 'files'], ['volumes', 'volumes'], ['tokens', 'token'], ['sessions', 'sessions'], ['activity', 'activity'], ['account', 'account'], ['password', 'password'], ['notifications', 'notifications'], ['API description', 'api-docs']];
const apiCalls = (person) => [['users', 'api/users?limit=50'], ['users, last', `api/users?limit=50&offset=${SIZE.users - 50}`], ['users, 200', 'api/users?limit=200'], ['servers', 'api/servers?limit=50'], ['own model', 'api/user'], ['one user', `api/users/${person}`], ['groups', 'api/groups?limit=50'], ['group of 5,000', 'api/groups/everyone']];

/** Every lab there is: it does nothing. */
async function startLab() {
  const server = http.createServer((req, res) => {
    const list = /\/api\/(?:kernels|sessions|terminals)$/.test(req.url);
    res.writeHead(200, { 'Content-Type': 'application/json' }).end(list ? '[]' : '{"version":"2.15.0","started":"2026-01-01T00:00:00Z","last_activity":"2026-01-01T00:00:00Z","connections":0,"kernels":0}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => [server.close(), server.closeAllConnections()] };
}

async function startHub(folder, lab, persons) {
  const profile = process.env.PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(process.env.PROFILE)}`];
  const child = fork(__filename, ['--hub', folder, lab], { execArgv: profile, env: { ...process.env, NODE_ENV: 'production', BENCH_PERSONS: persons.map(({ name }) => name).join(',') } });
  const told = () => new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`The hub ended with code ${code}.`)));
  });
  const info = await told();
  child.setMaxListeners(0);
  const cpu = () => new Promise((resolve) => {
    child.once('message', ({ user, system }) => resolve((user + system) / 1000));
    child.send('cpu');
  });
  const close = () => new Promise((resolve) => {
    child.once('exit', resolve);
    child.disconnect();
  });
  return { info, cpu, close };
}

/** Bytes of the answer as it is sent to a client that takes nothing compressed. */
const get = (agent, url, headers) => new Promise((resolve, reject) => {
  http.get(url, { agent, headers }, (res) => {
    let bytes = 0;
    res.on('data', (chunk) => { bytes += chunk.length; });
    res.on('end', () => (res.statusCode === 200 ? resolve(bytes) : reject(new Error(`${url} answered ${res.statusCode}`))));
  }).on('error', reject);
});

/** Whoever looks at servers that run has them asked what they do, for the next time: that is over first, and counted by nobody. */
async function settle(hub) {
  for (let i = 0, before = await hub.cpu(); i < 100; i += 1) {
    await sleep(25);
    const now = await hub.cpu();
    if (now - before < 1) return;
    before = now;
  }
}

async function measure(hub, agent, page) {
  await get(agent, page.url, page.headers);
  await settle(hub);
  const before = await hub.cpu();
  for (let i = 0; i < BATCH; i += 1) page.bytes = await get(agent, page.url, page.headers);
  page.ms.push(((await hub.cpu()) - before) / BATCH);
  await sleep((1000 / PER_SECOND) * BATCH);
}

function report(pages) {
  const row = (page) => {
    const sorted = page.ms.slice(WARM).toSorted((a, b) => a - b);
    return { ...page, min: sorted[0], median: sorted[Math.floor(sorted.length / 2)], max: sorted.at(-1) };
  };
  for (const { who, name, min, median, max, bytes } of pages.map(row)) process.stdout.write(`| ${who} | ${name} | ${min.toFixed(1)} | ${median.toFixed(1)} | ${max.toFixed(1)} | ${(bytes / 1000).toFixed(0)} |\n`);
}

async function main([rounds = '15', part = '']) {
  const kept = process.env.BENCH_STORE;
  const folder = kept ?? mkdtempSync(path.join(tmpdir(), 'berth-pages-'));
  const file = path.join(folder, 'state', 'hub.sqlite');
  const lab = await startLab();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  let hub;
  try {
    if (!existsSync(file)) fillStore(file, SIZE);
    const persons = personsOf(file);
    const { id, name: person } = persons[1];
    hub = await startHub(folder, lab.origin, persons);
    const { origin, cookies, tokens, groups, running } = hub.info;
    process.stderr.write(`${running} servers run; the researcher is in ${groups.join(', ')}\n`);
    const asked = (who, list, headers) => list.map(([name, address]) => ({ who, name, url: `${origin.replace(/\/$/, '')}/hub/${address}`, headers, ms: [] }));
    const browser = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', Accept: 'text/html' };
    const api = (token) => ({ Authorization: `token ${token}`, Accept: 'application/json' });
    const pages = [
      ...asked('admin', adminPages(person, id), { ...browser, Cookie: cookies[0] }), ...asked('researcher', OWN_PAGES, { ...browser, Cookie: cookies[1] }),
      ...asked('nobody', [['sign-in', 'login']], browser), ...asked('API', apiCalls(person), api(tokens[0])),
      // Last, because it asks every server there is.
      ...asked('admin', [['idleness', 'admin/idleness']], { ...browser, Cookie: cookies[0] }),
    ].filter(({ who, name }) => `${who} ${name}`.includes(part));
    for (let round = 0; round < Number(rounds) + WARM; round += 1) {
      process.stderr.write(`round ${round + 1}\n`);
      for (const page of pages) await measure(hub, agent, page);
    }
    report(pages);
  } finally {
    agent.destroy();
    await hub?.close();
    lab.close();
    if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[2] === '--hub') void serveHub(process.argv[3], process.argv[4]);
else void main(process.argv.slice(2));
