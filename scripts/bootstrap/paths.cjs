'use strict';
const path = require('node:path');

/** The checkout's top folder: every script works whatever the current directory is. */
const ROOT = path.resolve(__dirname, '..', '..');

/** @param {...string} parts @returns {string} an absolute path inside the checkout */
const inRoot = (...parts) => path.join(ROOT, ...parts);

/** Where logs of what the bootstrap starts go; the same folder as the hub's state. */
const stateDir = (env = process.env) => path.resolve(ROOT, env.HUB_DATA_DIR || 'state');

module.exports = { ROOT, inRoot, stateDir };
