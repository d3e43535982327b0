'use strict';
const path = require('node:path');
const { docker } = require('./docker.cjs');

const UNTUNED = 'berth/bench-untuned:local';

/** A lab of the distribution's packages as they come; the engine's layer cache makes all but the first call quick. */
const buildUntuned = () => docker(['build', '--network', 'host', '-q', '-t', UNTUNED, path.join(__dirname, '..', 'peers', 'untuned')], 1_500_000);

module.exports = { UNTUNED, buildUntuned };
