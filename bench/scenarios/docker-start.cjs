'use strict';
const path = require('node:path');
const { startDockerHub } = require('../kit/docker-hub.cjs');
const { pause, until } = require('../kit/measure.cjs');
const { freePort } = require('../kit/nginx.cjs');
const { built } = require('../peers/world.cjs');

const IMAGE = 'berth/notebook-test:local';
const RUNNING = 50;
/** More at once only takes turns. */
const AT_ONCE = 4;

/** Starts servers of `u0` … and waits until they run. */
async function startServers({ port, admin }, running) {
  const api = `http://127.0.0.1:${port}/hub/api/users`;
  const left = Array.from({ length: running }, (_, n) => `u${n}`);
  const lane = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const asked = await fetch(`${api}/${name}/server`, { method: 'POST', headers: { ...admin, 'content-type': 'application/json' }, body: '{}' });
      if (asked.status >= 300) throw new Error(`no start: ${asked.status} ${await asked.text()}`);
      await until(`the server of ${name}`, async () => (await (await fetch(`${api}/${name}`, { headers: admin })).json()).servers?.['']?.ready === true, 120);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

module.exports = {
  name: 'docker-start',
  title: `A hub that starts, with ${RUNNING} containers`,
  about: `The same with ${RUNNING} servers in containers of the small test image, which run on while the hub is ended and started again.`,
  needs: ['engine', 'test'],
  rounds: 5,
  minutes: 20,
  figures: [{ key: 'serving', title: 'first answer', unit: 'ms', digits: 0 }, { key: 'routes', title: 'all servers reachable', unit: 'ms', digits: 0 }],
  peers: [{ key: 'berth', title: 'Berth' }],

  async prepare(kit) {
    const dataDir = path.join(kit.dir, 'docker');
    // There is no lab in that image, only its server.
    const { LAYOUTS, jupyterArgv } = built('hub/domain/layouts.js');
    const profiles = [{ slug: 'small', title: 'Small', image: IMAGE, mode: 'injected', argv: [...jupyterArgv('server', LAYOUTS.jovyan)] }];
    const running = kit.quick ? 8 : RUNNING;
    const first = await startDockerHub(kit, { image: IMAGE, users: running, dataDir, config: { profiles } });
    await startServers(first.info, running);
    await first.end();
    return async () => {
      const port = await freePort();
      const began = performance.now();
      const starting = startDockerHub(kit, { image: IMAGE, users: 0, dataDir, config: { profiles, listen: { port } } });
      // Whoever waits for it below is told.
      starting.catch(() => undefined);
      await until('the hub', () => fetch(`http://127.0.0.1:${port}/hub/health`).then((res) => res.ok, () => pause(5).then(() => false)));
      const serving = performance.now() - began;
      const hub = await starting;
      await until('the routes', async () => (await hub.ask('routes')) >= running);
      const routes = performance.now() - began;
      await hub.end();
      return { serving, routes };
    };
  },
};
