'use strict';
const { docker, isAlive } = require('./docker.cjs');

const SWEPT = [
  { list: ['ps', '-aq'], remove: ['rm', '-f', '-v'] },
  { list: ['network', 'ls', '-q'], remove: ['network', 'rm'] },
  { list: ['volume', 'ls', '-q'], remove: ['volume', 'rm', '-f'] },
];

/** Removes what one hub had made, and nothing else. */
async function removeAllOf(instance) {
  for (const { list, remove } of SWEPT) {
    const found = (await docker([...list, '--filter', `label=berth.instance=${instance}`])).split('\n').filter((id) => id !== '');
    if (found.length > 0) await docker([...remove, ...found]).catch((error) => process.stderr.write(`${error.message}\n`));
  }
}

/** Apart from what tests and a hub of this machine use. */
const NETWORKS = '10.231.0.0/16';

/**
 * The hub on the real engine, with users `u0` … and administrators' token. Everything that it made is removed when the scenario ends.
 * @param {{ image: string, users: number, dataDir?: string, config?: object }} ask
 */
async function startDockerHub(kit, { image, users, ...options }) {
  const made = [];
  kit.onDispose(async () => { for (const instance of new Set(made)) await removeAllOf(instance); });
  const name = `berth-bench-${process.pid}`;
  const config = {
    // By default the sixth server waits in line.
    image: { notebook: image }, spawner: 'docker', server: { cap: 0 },
    docker: { isolation: 'report', namePrefix: `${name}-`, networkName: name, networkPool: NETWORKS },
    ...options.config,
  };
  const hub = await kit.program('peers/berth.cjs', { core: null, options: { dir: kit.dir, users, ...options, config } });
  made.push(hub.info.instance);
  return hub;
}

/** What hubs of benchmarks left that were killed; who made a container is in its name. */
async function sweepHubs() {
  const found = await docker(['ps', '-a', '--filter', 'name=^/?berth-bench-', '--filter', 'label=berth.instance', '--format', '{{.Names}} {{.Label "berth.instance"}}']).catch(() => '');
  const over = found.split('\n').map((line) => line.split(' ')).filter(([name]) => name !== '' && !isAlive(Number.parseInt(name.slice('berth-bench-'.length), 10)));
  for (const instance of new Set(over.map(([, instance]) => instance))) await removeAllOf(instance);
}

module.exports = { startDockerHub, sweepHubs };
