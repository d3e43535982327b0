'use strict';
/** Whether the hub answers its own container. `hub.json` has its public URL, and with it the port, the base path and the name it goes by. */
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const PATIENCE_MS = 4_000;

function main() {
  const { url } = JSON.parse(fs.readFileSync(path.join(process.env.HUB_DATA_DIR, 'hub.json'), 'utf8'));
  const base = new URL(url);
  const port = Number(process.env.HUB_LISTEN_PORT || 8000);
  http.get({ host: '127.0.0.1', port, path: `${base.pathname}hub/health`, headers: { host: base.host }, timeout: PATIENCE_MS, agent: false }, (res) => {
    res.resume();
    process.exit(res.statusCode === 200 ? 0 : 1);
  }).on('timeout', () => process.exit(1)).on('error', () => process.exit(1));
}

try {
  main();
} catch {
  process.exit(1); // not started yet
}
