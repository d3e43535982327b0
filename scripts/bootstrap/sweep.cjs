'use strict';
const { call } = require('./engine-api.cjs');
const { SetupError } = require('./report.cjs');

const TEST_LABEL = 'berth.test';
const KINDS = [
  { list: (filter) => `/containers/json?all=1&${filter}`, items: (json) => json.map((c) => c.Id), remove: (id) => `/containers/${id}?force=1&v=1` },
  { list: (filter) => `/networks?${filter}`, items: (json) => json.map((n) => n.Id), remove: (id) => `/networks/${id}` },
  { list: (filter) => `/volumes?${filter}`, items: (json) => (json.Volumes ?? []).map((v) => v.Name), remove: (name) => `/volumes/${name}?force=1` },
];

/**
 * Removes every container, network and volume that a test labelled, whichever run it was.
 * @returns {Promise<number>} how many there were
 */
async function sweep() {
  const filter = new URLSearchParams({ filters: JSON.stringify({ label: [TEST_LABEL] }) });
  let removed = 0;
  for (const kind of KINDS) {
    const { json } = await call('GET', kind.list(filter));
    for (const id of kind.items(json ?? [])) {
      const { status, json: answer } = await call('DELETE', kind.remove(id));
      if (status >= 400 && status !== 404 && status !== 409) throw new SetupError(`${id}, left by a test, could not be removed: ${answer?.message ?? status}`);
      removed += 1;
    }
  }
  return removed;
}

module.exports = { sweep };
