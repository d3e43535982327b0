'use strict';
const { cpSync } = require('node:fs');
const path = require('node:path');
const { startJupyterHub } = require('../kit/jupyterhub.cjs');
const { pause, until } = require('../kit/measure.cjs');
const { freePort, startBackend } = require('../kit/nginx.cjs');

const [USERS, RUNNING] = [10_000, 1000];
/** It takes minutes: twice says enough. */
const THEIR_ROUNDS = 2;

module.exports = {
  name: 'hub-start',
  title: 'A hub that starts',
  about: `From the start of the process until \`/hub/health\` answers, and until all ${RUNNING.toLocaleString('en')} servers that are on record as running are reachable again, with ${USERS.toLocaleString('en')} users. The servers are answered for by nginx; Berth runs on a spawner
that says that they run, JupyterHub on one that says the same. What Berth's spawner knows it reads when it is asked for its list, which is after the first answer. JupyterHub's time begins when its program does, in a container that runs, with its proxy beside it, and its first answer is that of \`/hub/api/user\` through the proxy.`,
  needs: ['nginx', 'engine', 'jupyterhub'],
  rounds: 7,
  minutes: 25,
  figures: [{ key: 'serving', title: 'first answer', unit: 'ms', digits: 0 }, { key: 'routes', title: 'all servers reachable', unit: 'ms', digits: 0 }],
  peers: [{ key: 'jupyterhub', title: 'JupyterHub and configurable-http-proxy' }, { key: 'berth', title: 'Berth' }],

  async prepare(kit) {
    const backend = await startBackend(kit);
    const full = path.join(kit.dir, 'full');
    await (await kit.program('peers/fill.cjs', { options: { dataDir: full, users: USERS, running: RUNNING, origin: backend.origin } })).end();

    const berth = async (round) => {
      const dataDir = path.join(kit.dir, `start-${round}`);
      cpSync(full, dataDir, { recursive: true });
      const port = await freePort();
      const began = performance.now();
      const starting = kit.program('peers/berth.cjs', { options: { dataDir, origin: backend.origin, running: true, config: { listen: { port } } } });
      // Whoever waits for it below is told.
      starting.catch(() => undefined);
      await until('the hub', () => fetch(`http://127.0.0.1:${port}/hub/health`).then((res) => res.ok, () => pause(5).then(() => false)));
      const serving = performance.now() - began;
      const hub = await starting;
      await until('the routes', async () => (await hub.ask('routes')) >= RUNNING);
      const routes = performance.now() - began;
      await hub.end();
      return { serving, routes };
    };
    const jupyterhub = async () => {
      const hub = await startJupyterHub(kit, { users: USERS, running: RUNNING, backend: backend.port });
      await until('JupyterHub\'s routes', async () => (await hub.routes()) >= RUNNING, 600);
      const routes = performance.now() - hub.began;
      await hub.end();
      return { serving: hub.readyMs, routes };
    };
    return (peer, round) => (peer === 'berth' ? berth(round) : round < THEIR_ROUNDS ? jupyterhub() : {});
  },
};
