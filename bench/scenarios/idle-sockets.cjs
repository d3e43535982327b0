'use strict';
const { pause, residentMb } = require('../kit/measure.cjs');

const CONNECTIONS = 4000;
/** Nobody has more than the hub allows to one person, or to one address. */
const PEOPLE = 50;

const PEERS = {
  raw: { title: 'two sockets piped into each other', file: 'peers/raw-pipe.cjs' },
  chp: { title: 'configurable-http-proxy', file: 'peers/chp.cjs' },
  berth: { title: 'Berth, signed in by cookie', file: 'peers/berth.cjs' },
};

module.exports = {
  name: 'idle-sockets',
  title: 'Memory of an idle WebSocket',
  about: `${CONNECTIONS.toLocaleString('en')} WebSockets of ${PEOPLE} people through a fresh process, after it has served ${CONNECTIONS / 10} others that are closed again. What its resident memory gained three seconds after the last was
opened, divided by their number: as it is, and after a full garbage collection at both ends.`,
  needs: [],
  rounds: 5,
  minutes: 10,
  figures: [{ key: 'each', title: 'memory per connection', unit: 'kB', digits: 1 }, { key: 'swept', title: 'memory per connection, garbage collected', unit: 'kB', digits: 1 }],
  peers: Object.entries(PEERS).map(([key, { title }]) => ({ key, title })),

  async prepare(kit) {
    const { info: { origin } } = await kit.program('load/sockets.cjs', { core: kit.cores.load, options: { upstream: true } });
    const client = await kit.program('load/sockets.cjs', { core: kit.cores.load });
    const names = Array.from({ length: PEOPLE }, (_, n) => `u${n}`);
    return async (peer) => {
      const proxy = await kit.program(PEERS[peer].file, { flags: ['--expose-gc'], options: { origin, dir: kit.dir, users: PEOPLE, routes: PEOPLE, sessions: PEOPLE, names } });
      const clients = proxy.info.clients ?? names.map((name) => ({ path: `/user/${name}/ws`, headers: {} }));
      const open = (connections) => client.ask('open', { port: proxy.info.port, clients, connections, addresses: PEOPLE });
      await open(CONNECTIONS / 10);
      await client.ask('close');
      await pause(500);
      const before = residentMb(proxy.pids);
      await proxy.ask('gc');
      const sweptBefore = residentMb(proxy.pids);
      await open(CONNECTIONS);
      await pause(3000);
      const after = residentMb(proxy.pids);
      await proxy.ask('gc');
      const sweptAfter = residentMb(proxy.pids);
      await client.ask('close');
      await proxy.end();
      return { each: ((after - before) * 1024) / CONNECTIONS, swept: ((sweptAfter - sweptBefore) * 1024) / CONNECTIONS };
    };
  },
};
