'use strict';
const { LABEL, docker, untilAnswers } = require('../kit/docker.cjs');
const { startDockerHub } = require('../kit/docker-hub.cjs');
const { pause } = require('../kit/measure.cjs');

const IMAGE = 'berth/notebook:latest';
const MANY = 8;
const PATIENCE_SECONDS = 90;

/** As little as it takes: a container of the same image, and its address. */
async function runPlainly(name) {
  const prefix = `/user/${name}/`;
  const container = `berth-bench-${process.pid}-${name}`;
  await docker(['run', '-d', '--name', container, '--label', `${LABEL}=${process.pid}`, '-e', 'JUPYTER_TOKEN=bench', IMAGE, 'jupyter', 'lab', '--ServerApp.ip=0.0.0.0', '--ServerApp.port=8888', `--ServerApp.base_url=${prefix}`]);
  const address = await docker(['inspect', '-f', '{{.NetworkSettings.IPAddress}}', container]);
  await untilAnswers(`http://${address}:8888${prefix}api/status`, { authorization: 'token bench' }, PATIENCE_SECONDS).catch(async (error) => {
    throw new Error(`${error.message}: ${await docker(['logs', '--tail', '20', container])}`);
  });
  return () => docker(['rm', '-f', '-v', container]);
}

/** A click is the request that the button sends. */
async function click({ port, admin }, name) {
  const origin = `http://127.0.0.1:${port}`;
  const headers = { ...admin, 'content-type': 'application/json' };
  const asked = await fetch(`${origin}/hub/api/users/${name}/server`, { method: 'POST', headers, body: '{}' });
  if (asked.status >= 300) throw new Error(`no start: ${asked.status} ${await asked.text()}`);
  await untilAnswers(`${origin}/user/${name}/api/status`, admin, PATIENCE_SECONDS).catch(async (error) => {
    const { servers } = await (await fetch(`${origin}/hub/api/users/${name}?include_stopped_servers=true`, { headers })).json();
    throw new Error(`${error.message}: ${JSON.stringify(servers)}`);
  });
  return async () => {
    await fetch(`${origin}/hub/api/users/${name}/server`, { method: 'DELETE', headers });
    for (let gone = false; !gone; await pause(100)) gone = !(await (await fetch(`${origin}/hub/api/users/${name}`, { headers })).json()).servers?.[''];
  };
}

async function timed(start, names) {
  const from = performance.now();
  const took = await Promise.all(names.map(async (name) => {
    const end = await start(name);
    return { end, ms: performance.now() - from };
  }));
  for (const { end } of took) await end();
  return Math.max(...took.map(({ ms }) => ms));
}

module.exports = {
  name: 'click',
  title: 'From a click to a server that answers',
  about: `The shipped notebook image. Berth: from the request that the button sends until \`/user/…/api/status\` answers through the proxy, with a volume, a network of its own, limits, and a proof that the answer is this server's.
\`docker run\`: from the call of the program until the same path answers at the container's address, without any of these. Both are asked every 20 ms. One at a time, and the last of ${MANY} that are started at once.`,
  needs: ['engine', 'notebook'],
  rounds: 5,
  minutes: 25,
  figures: [{ key: 'one', title: 'one server', unit: 'ms', digits: 0 }, { key: 'many', title: `the last of ${MANY}`, unit: 'ms', digits: 0 }],
  peers: [{ key: 'docker', title: '`docker run` with polling' }, { key: 'berth', title: 'Berth' }],

  async prepare(kit) {
    const hub = await startDockerHub(kit, { image: IMAGE, users: 1 + MANY });
    kit.onDispose(async () => {
      const left = (await docker(['ps', '-aq', '--filter', `label=${LABEL}=${process.pid}`])).split('\n').filter((id) => id !== '');
      if (left.length > 0) await docker(['rm', '-f', '-v', ...left]);
    });
    const start = { docker: runPlainly, berth: (name) => click(hub.info, name) };
    const many = Array.from({ length: MANY }, (_, n) => `u${n}`);
    // The page cache, and whatever is made only once.
    for (const one of Object.values(start)) await timed(one, ['u0']);
    return async (peer, round) => ({ one: await timed(start[peer], ['u0']), ...(kit.quick && round > 0 ? {} : { many: await timed(start[peer], many) }) });
  },
};
