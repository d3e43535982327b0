'use strict';
/**
 * What the hub has to reach. A check compares the median of a figure of ours with that of a peer (`than`), or with a limit. `most`: ours ÷ theirs may be that at most;
 * `least`: theirs ÷ ours, or ours ÷ theirs where more is better, has to be that at least. Whether it is met is computed from the results, never written down.
 *
 * @typedef {{ id: string, says: string, scenario: string, figure: string, ours: string, than?: string, most?: number, least?: number, limit?: number, unit?: string, moreIsBetter?: boolean }} Check
 */
const proxied = (who) => [
  { id: `${who}-chp`, says: 'configurable-http-proxy', scenario: 'proxy', figure: 'cpu', ours: who, than: 'chp', most: 1 / 3 },
  { id: `${who}-undici`, says: 'bare undici', scenario: 'proxy', figure: 'cpu', ours: who, than: 'undici', most: 1.1 },
];

const timesTheirs = (figure, says) => ({ id: `api-${figure}`, says, scenario: 'api', figure, ours: 'berth', than: 'jupyterhub', least: 25, moreIsBetter: true });
const belowJupyterHub = (figure, says) => ({ id: `memory-${figure}`, says, scenario: 'memory', figure, ours: 'berth', than: 'jupyterhub', most: 1 });
const heldUp = (figure, servers, says) => ({ id: `${figure}-${servers}`, says, scenario: 'chores', figure, ours: `s${servers}`, limit: 20, unit: 'ms' });
/** Ten times the servers may take ten times as long. */
const LINEAR = 10;

/** @type {readonly { title: string, target: string, checks: readonly Check[] }[]} */
const ROWS = [
  { title: 'CPU per proxied small request, signed in by cookie, authorised, activity recorded, sanitised', target: 'at most a third of configurable-http-proxy\'s, at most 1.1 times the bare undici forwarder', checks: proxied('cookie') },
  { title: 'The same with a hub token', target: 'the same', checks: proxied('token') },
  {
    title: 'CPU per WebSocket message; memory per idle connection', target: 'at most 1.05 times raw socket piping; no more than configurable-http-proxy',
    checks: [
      { id: 'message', says: 'CPU, raw piping', scenario: 'websocket', figure: 'cpu', ours: 'berth', than: 'raw', most: 1.05 },
      { id: 'idle-socket', says: 'memory, configurable-http-proxy', scenario: 'idle-sockets', figure: 'swept', ours: 'berth', than: 'chp', most: 1 },
    ],
  },
  {
    title: 'CPU per GB streamed, both directions; memory while 100 slow clients stream', target: 'at most 1.1 times configurable-http-proxy\'s; flat',
    checks: [
      { id: 'down', says: 'to the client', scenario: 'streaming', figure: 'down', ours: 'berth', than: 'chp', most: 1.1 },
      { id: 'up', says: 'to the server', scenario: 'streaming', figure: 'up', ours: 'berth', than: 'chp', most: 1.1 },
      { id: 'slow', says: 'memory gained in ten seconds', scenario: 'slow-clients', figure: 'gained', ours: 'berth', limit: 5, unit: 'MB' },
    ],
  },
  {
    title: 'From click to a server that answers, one at a time and eight at once', target: 'at most 1.1 times `docker run` with polling',
    checks: [
      { id: 'click-one', says: 'one', scenario: 'click', figure: 'one', ours: 'berth', than: 'docker', most: 1.1 },
      { id: 'click-many', says: 'eight', scenario: 'click', figure: 'many', ours: 'berth', than: 'docker', most: 1.1 },
    ],
  },
  { title: 'From `docker start` to an answer, shipped notebook image against an untuned one', target: 'a third less, no feature lost', checks: [{ id: 'image', says: 'untuned image', scenario: 'image-start', figure: 'ms', ours: 'shipped', than: 'untuned', most: 2 / 3 }] },
  {
    title: '`GET /hub/api/user`, `/users/:name`, `/users?limit=50` at 10,000 users', target: '25 times JupyterHub\'s requests per CPU second',
    checks: [timesTheirs('self', '`/user`'), timesTheirs('user', '`/users/:name`'), timesTheirs('list', '`/users?limit=50`')],
  },
  {
    title: 'Creating 200 users in one call; sign-ins per second without blocking anyone', target: '20 times; p99 of `/hub/health` below 50 ms meanwhile',
    checks: [
      { id: 'create', says: 'creating', scenario: 'accounts', figure: 'create', ours: 'berth', than: 'jupyterhub', least: 20 },
      { id: 'create-health', says: 'p99 while creating', scenario: 'accounts', figure: 'createHealth', ours: 'berth', limit: 50, unit: 'ms' },
      { id: 'sign-in-health', says: 'p99 while people sign in', scenario: 'accounts', figure: 'signInHealth', ours: 'berth', limit: 50, unit: 'ms' },
    ],
  },
  {
    title: 'Hub start with 10,000 users and 1,000 running servers on record', target: 'serving within 1 s, all routes within 5 s (fake spawner for the count, real Docker for 50)',
    checks: [
      { id: 'start-serving', says: 'serving', scenario: 'hub-start', figure: 'serving', ours: 'berth', limit: 1000, unit: 'ms' },
      { id: 'start-routes', says: 'all routes', scenario: 'hub-start', figure: 'routes', ours: 'berth', limit: 5000, unit: 'ms' },
      { id: 'start-docker-serving', says: 'serving, 50 on Docker', scenario: 'docker-start', figure: 'serving', ours: 'berth', limit: 1000, unit: 'ms' },
      { id: 'start-docker-routes', says: 'all routes, 50 on Docker', scenario: 'docker-start', figure: 'routes', ours: 'berth', limit: 5000, unit: 'ms' },
    ],
  },
  {
    title: 'Memory: idle; 1,000 idle servers; 5,000 idle WebSockets', target: 'below JupyterHub plus its proxy in each',
    checks: [belowJupyterHub('idle', 'idle'), belowJupyterHub('servers', '1,000 servers'), belowJupyterHub('sockets', '5,000 WebSockets')],
  },
  {
    title: 'Growth', target: 'cost per request flat from 1 to 10,000 routes; activity flush and culling linear and below 20 ms of blocked loop',
    checks: [
      { id: 'flat', says: 'a request at 10,000 routes, at 1', scenario: 'growth', figure: 'cpu', ours: 'r10000', than: 'r1', most: 1.1 },
      heldUp('flush', 10_000, 'flush, 10,000 servers'), heldUp('look', 10_000, 'idle round, 10,000 servers'), heldUp('cull', 10_000, 'culling at 10,000 servers'),
      { id: 'cull-linear', says: 'culling at 10,000, at 1,000', scenario: 'chores', figure: 'cullMs', ours: 's10000', than: 's1000', most: LINEAR },
    ],
  },
];

module.exports = { ROWS };
