'use strict';
const { pause, residentMb } = require('../kit/measure.cjs');
const { startFile } = require('../kit/nginx.cjs');

const FILE = 50 * 1000 ** 2;
const CLIENTS = 100;
const PIECE_MS = 250;
const PEERS = { chp: { title: 'configurable-http-proxy', file: 'peers/chp.cjs' }, berth: { title: 'Berth, hub token', file: 'peers/berth.cjs' } };

module.exports = {
  name: 'slow-clients',
  title: `Memory while ${CLIENTS} slow clients stream`,
  about: `Each of ${CLIENTS} clients fetches a file of 50 MB and takes 64 KiB of it four times a second. Resident memory of a fresh proxy process: what it has more than before, after two seconds and after
twelve, and what it gained between the two. A proxy that reads on for clients that do not would gain hundreds of MB.`,
  needs: ['nginx'],
  rounds: 5,
  minutes: 15,
  figures: [
    { key: 'early', title: 'more after 2 s', unit: 'MB', digits: 1 },
    { key: 'late', title: 'more after 12 s', unit: 'MB', digits: 1 },
    { key: 'gained', title: 'gained between the two', unit: 'MB', digits: 1 },
  ],
  peers: Object.entries(PEERS).map(([key, { title }]) => ({ key, title })),

  async prepare(kit) {
    const source = await startFile(kit, FILE);
    const client = await kit.program('load/streams.cjs', { core: kit.cores.load });
    return async (peer) => {
      const proxy = await kit.program(PEERS[peer].file, { options: { origin: source.origin, how: 'token', dir: kit.dir } });
      const { port, prefix, headers } = proxy.info;
      await client.ask('down', { port, path: `${prefix}big`, headers, connections: 2, times: 1 });
      const before = residentMb(proxy.pids);
      await client.ask('openSlow', { port, path: `${prefix}big`, headers, connections: CLIENTS, pieceMs: PIECE_MS });
      await pause(2000);
      const early = residentMb(proxy.pids) - before;
      await pause(10_000);
      const late = residentMb(proxy.pids) - before;
      await client.ask('closeSlow');
      await proxy.end();
      return { early, late, gained: late - early };
    };
  },
};
