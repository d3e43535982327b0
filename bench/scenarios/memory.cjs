'use strict';
const path = require('node:path');
const { startJupyterHub } = require('../kit/jupyterhub.cjs');
const { pause, residentMb, until } = require('../kit/measure.cjs');
const { startBackend } = require('../kit/nginx.cjs');

const [SERVERS, SOCKETS, PEOPLE] = [1000, 5000, 50];
/** So long nothing happens before one looks. */
const REST_MS = 5000;

const people = Array.from({ length: PEOPLE }, (_, n) => ({ path: `/user/u${n}/ws`, headers: {} }));

module.exports = {
  name: 'memory',
  title: 'Memory of the whole hub',
  about: `Resident memory of all processes of the hub, fresh ones for each figure: with nothing to do; with ${SERVERS.toLocaleString('en')} servers on record that run; with ${SOCKETS.toLocaleString('en')} idle WebSockets of ${PEOPLE} people. The servers are on
record only, answered for by nginx; each figure is taken ${REST_MS / 1000} s after the last thing happened.`,
  needs: ['nginx', 'engine', 'jupyterhub'],
  rounds: 3,
  minutes: 25,
  figures: [
    { key: 'idle', title: 'idle', unit: 'MB', digits: 0 },
    { key: 'servers', title: `${SERVERS.toLocaleString('en')} idle servers`, unit: 'MB', digits: 0 },
    { key: 'sockets', title: `${SOCKETS.toLocaleString('en')} idle WebSockets`, unit: 'MB', digits: 0 },
  ],
  peers: [{ key: 'jupyterhub', title: 'JupyterHub and configurable-http-proxy' }, { key: 'berth', title: 'Berth' }],

  async prepare(kit) {
    const backend = await startBackend(kit);
    const echo = await kit.program('load/sockets.cjs', { core: kit.cores.load, options: { upstream: true } });
    const client = await kit.program('load/sockets.cjs', { core: kit.cores.load });
    let made = 0;

    /** @param {{ running: number, at: { port: number, origin: string } }} world */
    const start = {
      async jupyterhub({ running, at }) {
        const hub = await startJupyterHub(kit, { users: running, running, backend: at.port });
        await until('JupyterHub\'s routes', async () => (await hub.routes()) >= running, 300);
        return { port: hub.port, pids: [...hub.hub, ...hub.proxy], clients: people, end: hub.end };
      },
      async berth({ running, at }) {
        const dataDir = path.join(kit.dir, `memory-${(made += 1)}`);
        await (await kit.program('peers/fill.cjs', { options: { dataDir, users: Math.max(PEOPLE, running), running, origin: at.origin } })).end();
        const hub = await kit.program('peers/berth.cjs', { options: { dataDir, origin: at.origin, running: true, sessions: PEOPLE } });
        await until('the routes', async () => (await hub.ask('routes')) >= running);
        return { port: hub.info.port, pids: hub.pids, clients: hub.info.clients, end: hub.end };
      },
    };
    const look = async (peer, world, act = async () => undefined) => {
      const hub = await start[peer](world);
      await act(hub);
      await pause(REST_MS);
      const mb = residentMb(hub.pids);
      await client.ask('close');
      await hub.end();
      return mb;
    };
    const open = ({ port, clients }) => client.ask('open', { port, clients, connections: SOCKETS, addresses: PEOPLE });
    return async (peer) => ({
      idle: await look(peer, { running: 0, at: backend }),
      servers: await look(peer, { running: SERVERS, at: backend }),
      sockets: await look(peer, { running: PEOPLE, at: echo.info }, open),
    });
  },
};
