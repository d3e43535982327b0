'use strict';
const { during } = require('../kit/measure.cjs');
const { startNginx } = require('../kit/nginx.cjs');

const CONNECTIONS = 200;
const MESSAGES = 50_000;

const PEERS = { raw: 'two sockets piped into each other', chp: 'configurable-http-proxy', nginx: 'nginx', berth: 'Berth, signed in by cookie' };

/** nginx is asked to do as little as the others do. */
const nginxTo = (kit, origin) => startNginx(kit, {
  core: kit.cores.peer,
  locations: `location / { proxy_pass ${origin}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_read_timeout 600s; }`,
}).then(({ port, pids }) => ({ pids, info: { port, prefix: '/user/x/', headers: {} } }));

module.exports = {
  name: 'websocket',
  title: 'One WebSocket message',
  about: `${CONNECTIONS} connections are opened, each sends 100 bytes, waits until they have come back, and sends the next, ${MESSAGES} times in all. CPU of the proxy's process per message that came back; opening is
not part of it. Berth notes activity for what the client sends, and follows its frames to tell use from chatter.`,
  needs: ['nginx'],
  rounds: 15,
  minutes: 10,
  figures: [{ key: 'cpu', title: 'CPU per message', unit: 'µs', digits: 1 }, { key: 'rate', title: 'messages per second', unit: '', digits: 0 }],
  peers: Object.entries(PEERS).map(([key, title]) => ({ key, title })),

  async prepare(kit) {
    const { info: { origin } } = await kit.program('load/sockets.cjs', { core: kit.cores.load, options: { upstream: true } });
    const client = await kit.program('load/sockets.cjs', { core: kit.cores.load });
    const proxies = {
      raw: await kit.program('peers/raw-pipe.cjs', { options: { origin } }),
      chp: await kit.program('peers/chp.cjs', { options: { origin } }),
      nginx: await nginxTo(kit, origin),
      berth: await kit.program('peers/berth.cjs', { options: { origin, dir: kit.dir } }),
    };
    const exchange = async ({ pids, info: { port, prefix, headers } }, messages) => {
      await client.ask('open', { port, connections: CONNECTIONS, clients: [{ path: `${prefix}ws`, headers }] });
      const { cpu, ms, value } = await during(pids, () => client.ask('talk', { messages }));
      await client.ask('close');
      return { cpu: (cpu * 1e6) / value, rate: (value * 1000) / ms };
    };
    for (const proxy of Object.values(proxies)) await exchange(proxy, MESSAGES / 2);
    return (peer) => exchange(proxies[peer], kit.quick ? MESSAGES / 2 : MESSAGES);
  },
};
