'use strict';
const path = require('node:path');
const { pause, residentMb } = require('../kit/measure.cjs');

const [USERS, CONNECTED] = [10_000, 2000];
const SPAN_MS = 20_000;
/** Nobody comes from an address with more WebSockets than the hub allows to one. */
const ADDRESSES = 50;
const KINDS = { message: 'message and its echo', request: 'proxied request', page: 'the hub\'s page', api: '`GET /hub/api/user`' };

const figures = [
  { key: 'arrival', title: `${CONNECTED.toLocaleString('en')} people connected after`, unit: 'ms', digits: 0 },
  ...Object.entries(KINDS).flatMap(([kind, title]) => ['p50', 'p99', 'max'].map((at) => ({ key: `${kind}-${at}`, title: `${title}, ${at}`, unit: 'ms', digits: 1 }))),
  { key: 'delay-p50', title: 'loop delay, p50', unit: 'ms', digits: 2 },
  { key: 'delay-p99', title: 'loop delay, p99', unit: 'ms', digits: 2 },
  { key: 'delay-max', title: 'loop delay, max', unit: 'ms', digits: 1 },
  { key: 'cpu', title: 'CPU in use', unit: '% of one core', digits: 0 },
  { key: 'memory', title: 'resident memory', unit: 'MB', digits: 0 },
  { key: 'failures', title: 'requests and messages that failed', unit: '', digits: 0 },
];

module.exports = {
  name: 'scale',
  title: `${USERS.toLocaleString('en')} users, ${CONNECTED.toLocaleString('en')} of them at once`,
  about: `A hub with ${USERS.toLocaleString('en')} users. ${CONNECTED.toLocaleString('en')} of them come in at once and stay: each with a session of their own, a WebSocket over which 100 bytes go and come back every 4 s on average, a request to their server every 8 s,
the hub's page and its API each once a minute. Each sample is ${SPAN_MS / 1000} s long, one after the other, so that min, median and max show what happens over time: memory that grows would show there. People and servers share the other core, and wait for it too; what the hub adds is in the delay of its loop.`,
  needs: [],
  rounds: 6,
  minutes: 10,
  figures,
  peers: [{ key: 'berth', title: 'Berth' }],

  async prepare(kit) {
    const echo = await kit.program('load/sockets.cjs', { core: kit.cores.load, options: { upstream: true } });
    const crowd = await kit.program('load/crowd.cjs', { core: kit.cores.load });
    const dataDir = path.join(kit.dir, 'scale');
    await (await kit.program('peers/fill.cjs', { options: { dataDir, users: USERS, running: CONNECTED, origin: echo.info.origin } })).end();
    const hub = await kit.program('peers/berth.cjs', { options: { dataDir, origin: echo.info.origin, running: true, sessions: CONNECTED } });
    const arrival = await crowd.ask('arrive', { clients: hub.info.clients, port: hub.info.port, addresses: ADDRESSES });
    await hub.ask('delays');
    await crowd.ask('report');
    return async (_peer, round) => {
      await pause(kit.quick ? SPAN_MS / 4 : SPAN_MS);
      const { kinds, failures, examples } = await crowd.ask('report');
      for (const example of examples) process.stderr.write(`  ${example}\n`);
      const { cpu, ...delays } = await hub.ask('delays');
      const of = Object.fromEntries(Object.entries(kinds).flatMap(([kind, { p50, p99, max }]) => [[`${kind}-p50`, p50], [`${kind}-p99`, p99], [`${kind}-max`, max]]));
      return { ...(round === 0 ? { arrival } : {}), ...of, 'delay-p50': delays.p50, 'delay-p99': delays.p99, 'delay-max': delays.max, cpu: cpu * 100, memory: residentMb(hub.pids), failures };
    };
  },
};
