'use strict';
const path = require('node:path');
const { cpuSeconds } = require('../kit/measure.cjs');
const { startBackend } = require('../kit/nginx.cjs');
const { warmUp, wrk } = require('../kit/wrk.cjs');

const ROUTES = [1, 100, 10_000];
/** Each request goes to another of the routes. */
const anyOf = (routes) => `request = function() return wrk.format("GET", "/user/u" .. math.random(0, ${routes - 1}) .. "/api") end`;

module.exports = {
  name: 'growth',
  title: 'What grows with the hub: one request',
  about: 'CPU per proxied small request of an administrator\'s token, each to a route chosen at random, where the hub has 10,000 users and 1, 100 or 10,000 routes.',
  needs: ['nginx', 'wrk'],
  rounds: 11,
  minutes: 12,
  figures: [{ key: 'cpu', title: 'CPU per request', unit: 'µs', digits: 1 }],
  peers: ROUTES.map((routes) => ({ key: `r${routes}`, title: `${routes.toLocaleString('en')} route${routes === 1 ? '' : 's'}` })),

  async prepare(kit) {
    const { origin } = await startBackend(kit);
    const hubs = {};
    for (const routes of ROUTES) hubs[`r${routes}`] = { routes, ...(await kit.program('peers/berth.cjs', { options: { dir: kit.dir, dataDir: path.join(kit.dir, `r${routes}`), origin, users: 10_000, routes } })) };
    const asking = ({ info, routes }) => ({ url: `http://127.0.0.1:${info.port}/`, headers: info.admin, connections: 64, script: anyOf(routes) });
    for (const hub of Object.values(hubs)) await warmUp(kit, asking(hub));
    return async (peer) => {
      const { pids } = hubs[peer];
      const before = cpuSeconds(pids);
      const { requests } = await wrk(kit, { ...asking(hubs[peer]), seconds: 2 });
      return { cpu: ((cpuSeconds(pids) - before) * 1e6) / requests };
    };
  },
};
