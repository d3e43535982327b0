'use strict';
const path = require('node:path');
const { startBackend } = require('../kit/nginx.cjs');

const SIZES = [1000, 10_000];
const DUE = 100;
const HOUR_MS = 3_600_000;

module.exports = {
  name: 'chores',
  title: 'What grows with the hub: its regular work',
  about: `The longest time for which nobody else had a turn of the event loop, while the hub writes what was seen of all servers' activity (all of them have just been used), while it looks over all servers for idle ones, each
of which it has asked before what it is doing, and while the time of ${DUE} of them is up and they are stopped. A fresh hub for each round, servers on record, answered for by nginx.`,
  needs: ['nginx'],
  rounds: 5,
  minutes: 20,
  figures: [
    { key: 'flush', title: 'loop held up while activity is written', unit: 'ms', digits: 1 },
    { key: 'look', title: 'loop held up by a round over idle servers', unit: 'ms', digits: 1 },
    { key: 'cull', title: `loop held up while ${DUE} are stopped`, unit: 'ms', digits: 1 },
    { key: 'cullMs', title: `${DUE} of them stopped after`, unit: 'ms', digits: 0 },
  ],
  peers: SIZES.map((running) => ({ key: `s${running}`, title: `${running.toLocaleString('en')} running servers` })),

  async prepare(kit) {
    const { origin } = await startBackend(kit, { core: kit.cores.load });
    let made = 0;
    return async (peer) => {
      const running = Number(peer.slice(1));
      made += 1;
      const dataDir = path.join(kit.dir, `chores-${made}`);
      await (await kit.program('peers/fill.cjs', { options: { dataDir, users: running, running, origin } })).end();
      const hub = await kit.program('peers/berth.cjs', { options: { dataDir, origin, running: true, timed: true, config: { server: { idleLimit: '1h', stopWarning: '0' } } } });
      await hub.ask('flush');
      const flush = await hub.ask('flush');
      await hub.ask('round');
      const look = await hub.ask('round');
      const from = performance.now();
      const cull = await hub.ask('round', { moveMs: 2 * HOUR_MS, due: DUE });
      const cullMs = performance.now() - from;
      const left = await hub.ask('active');
      if (left !== running - DUE) throw new Error(`${left} of ${running} servers run on`);
      await hub.end();
      return { flush, look, cull, cullMs };
    };
  },
};
