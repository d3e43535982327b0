'use strict';
const { call } = require('./engine-api.cjs');
const { SetupError } = require('./report.cjs');

/** What tests make carries the id of their run under this key (LABEL.run in spawner/labels.ts); it starts with a process id. */
const RUN_LABEL = 'berth.run';
const KINDS = [
  { list: (filter) => `/containers/json?all=1&${filter}`, items: (json) => json, id: (c) => c.Id, remove: (id) => `/containers/${id}?force=1&v=1` },
  { list: (filter) => `/networks?${filter}`, items: (json) => json, id: (n) => n.Id, remove: (id) => `/networks/${id}` },
  { list: (filter) => `/volumes?${filter}`, items: (json) => json.Volumes ?? [], id: (v) => v.Name, remove: (name) => `/volumes/${name}?force=1` },
];

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** @param {string | undefined} run @returns {boolean} whether nobody works with what that run made */
const isOver = (run) => run !== undefined && !alive(Number.parseInt(run, 10));

/**
 * Removes every container, network and volume of test runs that have ended; a suite that runs beside this one is left alone.
 * @returns {Promise<number>} how many there were
 */
async function sweep() {
  const filter = new URLSearchParams({ filters: JSON.stringify({ label: [RUN_LABEL] }) });
  let removed = 0;
  for (const kind of KINDS) {
    const { json } = await call('GET', kind.list(filter));
    for (const item of kind.items(json ?? []).filter(({ Labels }) => isOver(Labels?.[RUN_LABEL]))) {
      const { status, json: answer } = await call('DELETE', kind.remove(kind.id(item)));
      if (status >= 400 && status !== 404 && status !== 409) throw new SetupError(`${kind.id(item)}, left by a test, could not be removed: ${answer?.message ?? status}`);
      removed += 1;
    }
  }
  return removed;
}

module.exports = { isOver, sweep };
