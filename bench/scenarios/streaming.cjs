'use strict';
const { during } = require('../kit/measure.cjs');
const { startFile } = require('../kit/nginx.cjs');

const FILE = 50 * 1000 ** 2;
const CONNECTIONS = 4;
const TIMES = 5;

const PEERS = {
  chp: { title: 'configurable-http-proxy', file: 'peers/chp.cjs' },
  undici: { title: 'bare node:http + undici, without back-pressure', file: 'peers/bare-undici.cjs' },
  raw: { title: 'two sockets piped into each other', file: 'peers/raw-pipe.cjs' },
  berth: { title: 'Berth, hub token', file: 'peers/berth.cjs' },
};

module.exports = {
  name: 'streaming',
  title: 'Large bodies',
  about: `Down: a file of 50 MB from nginx, ${CONNECTIONS} connections, each fetches it ${TIMES} times. Up: bodies of 50 MB to a program that counts them, the same way. CPU of the proxy's process per GB of body.`,
  needs: ['nginx'],
  rounds: 5,
  minutes: 15,
  figures: [
    { key: 'down', title: 'CPU per GB to the client', unit: 's', digits: 2 },
    { key: 'up', title: 'CPU per GB to the server', unit: 's', digits: 2 },
    { key: 'downRate', title: 'rate to the client', unit: 'MB/s', digits: 0 },
    { key: 'upRate', title: 'rate to the server', unit: 'MB/s', digits: 0 },
  ],
  peers: Object.entries(PEERS).map(([key, { title }]) => ({ key, title })),

  async prepare(kit) {
    const source = await startFile(kit, FILE);
    const sink = await kit.program('load/streams.cjs', { core: kit.cores.load, options: { sink: true } });
    const client = await kit.program('load/streams.cjs', { core: kit.cores.load });
    const proxies = { down: {}, up: {} };
    for (const [key, { file }] of Object.entries(PEERS)) {
      proxies.down[key] = await kit.program(file, { options: { origin: source.origin, how: 'token', dir: kit.dir } });
      proxies.up[key] = await kit.program(file, { options: { origin: sink.info.origin, how: 'token', dir: kit.dir } });
    }
    const move = async (way, peer, times) => {
      const { pids, info } = proxies[way][peer];
      const { cpu, ms, value } = await during(pids, () => client.ask(way, { port: info.port, path: `${info.prefix}big`, headers: info.headers, connections: CONNECTIONS, times, bytes: FILE }));
      return { [way]: (cpu * 1e9) / value, [`${way}Rate`]: value / 1000 / ms };
    };
    const both = async (peer, times) => ({ ...(await move('down', peer, times)), ...(await move('up', peer, times)) });
    for (const peer of Object.keys(PEERS)) await both(peer, 1);
    return (peer) => both(peer, kit.quick ? 1 : TIMES);
  },
};
