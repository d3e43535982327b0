'use strict';
const { during, percentile } = require('../kit/measure.cjs');
const { startJupyterHub } = require('../kit/jupyterhub.cjs');
const { startBackend } = require('../kit/nginx.cjs');

const COUNT = 200;
const PASSWORD = 'a password of the bench';

module.exports = {
  name: 'accounts',
  title: 'Creating users, and signing in',
  about: `\`POST /hub/api/users\` with ${COUNT} names at once. Then ${COUNT} people sign in through the form, eight at a time, each with a password that costs an argon2id run (Berth only: JupyterHub leaves passwords to
others). Meanwhile \`/hub/health\` is asked every 5 ms, and its p99 shows whether anybody is kept waiting. Nothing is pinned: hashing is meant to use the other core.`,
  needs: ['nginx', 'engine', 'jupyterhub'],
  rounds: 5,
  minutes: 15,
  figures: [
    { key: 'create', title: `creating ${COUNT} users`, unit: 'ms', digits: 0 },
    { key: 'createCpu', title: `CPU of creating ${COUNT} users`, unit: 'ms', digits: 0 },
    { key: 'createHealth', title: 'p99 of `/hub/health` meanwhile', unit: 'ms', digits: 1 },
    { key: 'signIns', title: 'sign-ins per second', unit: '', digits: 1 },
    { key: 'signInHealth', title: 'p99 of `/hub/health` while people sign in', unit: 'ms', digits: 1 },
  ],
  peers: [{ key: 'jupyterhub', title: 'JupyterHub and configurable-http-proxy' }, { key: 'berth', title: 'Berth' }],

  async prepare(kit) {
    const backend = await startBackend(kit);
    const theirs = await startJupyterHub(kit, { backend: backend.port });
    const ours = await kit.program('peers/berth.cjs', { core: null, options: { dir: kit.dir, origin: backend.origin, users: COUNT, password: PASSWORD } });
    const people = await kit.program('load/people.cjs', { core: null });
    const peers = {
      jupyterhub: { origin: `http://127.0.0.1:${theirs.port}`, pids: [...theirs.hub, ...theirs.proxy], headers: theirs.admin },
      berth: { origin: `http://127.0.0.1:${ours.info.port}`, pids: ours.pids, headers: ours.info.admin },
    };
    let made = 0;
    const create = async ({ origin, pids, headers }) => {
      made += 1;
      const usernames = Array.from({ length: COUNT }, (_, n) => `new${made}-${n}`);
      const { cpu, value } = await during(pids, () => people.ask('call', { origin, path: '/hub/api/users', method: 'POST', json: { usernames }, headers }));
      return { create: value.ms, createCpu: cpu * 1000, createHealth: percentile(value.health, 0.99) };
    };
    const names = Array.from({ length: COUNT }, (_, n) => `u${n}`);
    const signIn = async ({ origin }) => {
      const { ms, health } = await people.ask('signIns', { origin, names: kit.quick ? names.slice(0, 30) : names, password: PASSWORD, atOnce: 8 });
      return { signIns: ((kit.quick ? 30 : COUNT) * 1000) / ms, signInHealth: percentile(health, 0.99) };
    };
    return async (peer) => ({ ...(await create(peers[peer])), ...(peer === 'berth' ? await signIn(peers.berth) : {}) });
  },
};
