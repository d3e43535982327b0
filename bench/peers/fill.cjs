'use strict';
/** Fills a data directory before the hub that is measured starts on it, and ends. A hub has been there first, which made the roles that everybody holds. */
const { answer, options } = require('../kit/answer.cjs');
const { built, fill, quiet, settings } = require('./world.cjs');

async function main() {
  const { dataDir, ...world } = options();
  const hub = await built('hub/create-hub.js').createHub(settings(dataDir), quiet);
  fill(hub.store, world);
  await hub.close();
  answer({});
}

void main();
