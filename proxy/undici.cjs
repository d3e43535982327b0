'use strict';
// Two files of undici and what they need: all of it, with fetch, WebSockets, caches and mocks, takes a tenth of the hub's start. It names no `exports`, so its files can be asked for; an update that moves them fails in the first test that loads the proxy.
module.exports = { Pool: require('undici/lib/dispatcher/pool.js'), buildConnector: require('undici/lib/core/connect.js') };
