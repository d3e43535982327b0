'use strict';
const { mkdirSync, truncateSync, writeFileSync } = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { until } = require('./measure.cjs');

/** A port that nothing listens on now. */
const freePort = () => new Promise((resolve, reject) => {
  const probe = net.createServer().once('error', reject).listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});

const opens = (port) => new Promise((resolve) => {
  const socket = net.connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
  socket.once('connect', () => socket.destroy());
});

let count = 0;

/**
 * One worker of nginx, on a core of its own choice, with its files in the scenario's folder.
 * @param {{ core: number, locations: string, http?: string, address?: string }} ask `locations`: of its only host
 * @returns {Promise<{ origin: string, port: number, pids: number[] }>}
 */
async function startNginx(kit, { core, locations, http = '', address = '127.0.0.1' }) {
  const dir = path.join(kit.dir, `nginx-${(count += 1)}`);
  mkdirSync(dir);
  const port = await freePort();
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`).join(' ');
  // Without a master process there is one process to pin, to measure and to end.
  writeFileSync(path.join(dir, 'nginx.conf'), `daemon off; master_process off; pid ${dir}/pid; error_log /dev/null; worker_rlimit_nofile 20000; events { worker_connections 15000; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; client_max_body_size 0; ${temp} ${http}
  server { listen ${address}:${port} backlog=4096; ${locations} } }`);
  const child = kit.start(core, 'nginx', ['-p', dir, '-c', path.join(dir, 'nginx.conf')]);
  await until('nginx', () => opens(port));
  return { origin: `http://127.0.0.1:${port}`, port, pids: [child.pid] };
}

/** Answers 100 bytes of JSON, or as a lab in which nothing runs: a backend that is never the bottleneck. */
const startBackend = (kit, more = {}) => startNginx(kit, { core: kit.cores.load, locations: `location / { default_type application/json; return 200 '{"answer": "${'x'.repeat(86)}"}'; }
    location ~ /api/(kernels|sessions|terminals)$ { default_type application/json; return 200 '[]'; }`, ...more });

/** Answers everything with one file of so many bytes. */
function startFile(kit, bytes) {
  writeFileSync(path.join(kit.dir, 'file'), '');
  truncateSync(path.join(kit.dir, 'file'), bytes);
  return startNginx(kit, { core: kit.cores.load, locations: `location / { types {} default_type application/octet-stream; root ${kit.dir}; rewrite ^ /file break; }` });
}

module.exports = { freePort, startFile, startBackend, startNginx };
