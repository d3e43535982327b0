'use strict';
const { during, residentMb } = require('../kit/measure.cjs');
const { startBackend } = require('../kit/nginx.cjs');
const { warmUp, wrk } = require('../kit/wrk.cjs');

const CONNECTIONS = 64;

const PEERS = {
  undici: { title: 'bare node:http + undici (no routing, no authentication)', file: 'peers/bare-undici.cjs' },
  chp: { title: 'configurable-http-proxy (no authentication)', file: 'peers/chp.cjs' },
  cookie: { title: 'Berth, signed in by cookie', file: 'peers/berth.cjs', how: 'cookie' },
  token: { title: 'Berth, hub token', file: 'peers/berth.cjs', how: 'token' },
};

/** What one small proxied request costs. */
module.exports = {
  name: 'proxy',
  title: 'One small proxied request',
  about: `nginx answers 100 bytes of JSON. \`wrk -t1 -c${CONNECTIONS} -d2s\` on the other core asks for \`/user/x/api\`. CPU is user plus system time of the proxy's process, all threads, divided by the requests
that were answered. Berth routes, authenticates, authorises, sanitises both ways and records activity on each of them.`,
  needs: ['nginx', 'wrk'],
  rounds: 15,
  minutes: 10,
  figures: [
    { key: 'cpu', title: 'CPU per request', unit: 'µs', digits: 1 },
    { key: 'rate', title: 'requests per second', unit: '', digits: 0 },
    { key: 'memory', title: 'resident memory', unit: 'MB', digits: 0 },
  ],
  peers: Object.entries(PEERS).map(([key, { title }]) => ({ key, title })),

  async prepare(kit) {
    const { origin } = await startBackend(kit);
    const proxies = {};
    for (const [key, { file, how }] of Object.entries(PEERS)) proxies[key] = await kit.program(file, { options: { origin, how, dir: kit.dir } });
    const asking = ({ info }) => ({ url: `http://127.0.0.1:${info.port}${info.prefix}api`, headers: info.headers, connections: CONNECTIONS });
    for (const proxy of Object.values(proxies)) await warmUp(kit, asking(proxy));
    return async (peer) => {
      const proxy = proxies[peer];
      const { cpu, value } = await during(proxy.pids, () => wrk(kit, { ...asking(proxy), seconds: kit.quick ? 1 : 2 }));
      return { cpu: (cpu * 1e6) / value.requests, rate: value.perSecond, memory: residentMb(proxy.pids) };
    };
  },
};
