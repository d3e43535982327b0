'use strict';
const { cpuSeconds } = require('../kit/measure.cjs');
const { startJupyterHub } = require('../kit/jupyterhub.cjs');
const { startBackend } = require('../kit/nginx.cjs');
const { wrk } = require('../kit/wrk.cjs');

const USERS = 10_000;
const CONNECTIONS = 16;
/** Each with a token: the hub lets nobody ask as fast as a benchmark does. */
const CALLERS = 200;
const CALLS = { self: { path: '/hub/api/user', as: 'own' }, user: { path: '/hub/api/users/u5', as: 'admin' }, list: { path: '/hub/api/users?limit=50', as: 'admin' } };

const inTurn = (credentials) => `local all = {${credentials.map((one) => `"${one}"`).join(',')}}\nlocal n = 0\nrequest = function() n = n % #all + 1; wrk.headers["Authorization"] = all[n]; return wrk.format() end`;

const title = (key) => `\`GET ${CALLS[key].path}\`, requests per CPU second`;

module.exports = {
  name: 'api',
  title: `The hub's API at ${USERS.toLocaleString('en')} users`,
  about: `\`wrk -t1 -c${CONNECTIONS}\` with tokens of ${CALLERS} users in turn for \`/hub/api/user\`, and of as many administrators for the others. JupyterHub (SQLite, as installed) is asked as its users ask it, through its proxy. Its CPU is the hub's and the proxy's
together, since Berth is both; the hub's alone is shown too.`,
  needs: ['nginx', 'wrk', 'engine', 'jupyterhub'],
  rounds: 7,
  minutes: 15,
  figures: Object.keys(CALLS).flatMap((key) => [{ key, title: title(key), unit: '', digits: 0 }, { key: `${key}-hub`, title: `${title(key)} of the hub alone`, unit: '', digits: 0 }]),
  peers: [{ key: 'jupyterhub', title: 'JupyterHub and configurable-http-proxy' }, { key: 'berth', title: 'Berth' }],

  async prepare(kit) {
    const backend = await startBackend(kit);
    const theirs = await startJupyterHub(kit, { users: USERS, callers: CALLERS, backend: backend.port });
    const ours = await kit.program('peers/berth.cjs', { options: { dir: kit.dir, origin: backend.origin, users: USERS, callers: CALLERS } });
    const peers = {
      jupyterhub: { port: theirs.port, callers: theirs.callers, hub: theirs.hub, all: [...theirs.hub, ...theirs.proxy] },
      berth: { port: ours.info.port, callers: ours.info.callers, hub: ours.pids, all: ours.pids },
    };
    const ask = async ({ port, hub, all, callers }, { path, as }, seconds) => {
      const [hubBefore, allBefore] = [cpuSeconds(hub), cpuSeconds(all)];
      const { requests } = await wrk(kit, { url: `http://127.0.0.1:${port}${path}`, connections: CONNECTIONS, seconds, script: inTurn(callers[as]) });
      return { all: requests / (cpuSeconds(all) - allBefore), hub: requests / (cpuSeconds(hub) - hubBefore) };
    };
    for (const peer of Object.values(peers)) {
      for (const call of Object.values(CALLS)) {
        // The first answer may take long; who waits for it has no limit of two seconds.
        const first = await fetch(`http://127.0.0.1:${peer.port}${call.path}`, { headers: { authorization: peer.callers[call.as][0] } });
        if (!first.ok) throw new Error(`${call.path}: ${first.status} ${await first.text()}`);
        await ask(peer, call, 3);
      }
    }
    return async (name) => {
      const found = {};
      for (const [key, call] of Object.entries(CALLS)) {
        const { all, hub } = await ask(peers[name], call, 2);
        found[key] = all;
        found[`${key}-hub`] = hub;
      }
      return found;
    };
  },
};
