'use strict';
/** Fills a data directory before a hub starts on it, and ends. */
const { mkdirSync } = require('node:fs');
const { answer, options } = require('../kit/answer.cjs');
const { built, databaseIn, fill } = require('./world.cjs');

const { dataDir, ...world } = options();

mkdirSync(dataDir, { recursive: true, mode: 0o700 });
const store = built('hub/store/create-store.js').openStore(databaseIn(dataDir));
fill(store, world);
store.close();
answer({});
