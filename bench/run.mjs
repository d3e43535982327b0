/**
 * `npm run bench`: what one proxied request costs, in CPU time of the proxy's process, side by side in one run.
 * CPU time per request hardly moves with the machine; requests per second do, so they are shown and not compared.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuSeconds, residentMb, spread, startPinned, wrk } from './measure.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(here);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
const CONNECTIONS = 64;
const [PROXY_CORE, LOAD_CORE] = [0, cpus().length > 1 ? 1 : 0];

/** nginx answering 100 bytes of JSON: a backend that is never the bottleneck. */
async function startBackend(dir) {
  const port = 20000 + (process.pid % 20000);
  const body = `{"answer": "${'x'.repeat(86)}"}`;
  const conf = `daemon off; worker_processes 1; pid ${dir}/nginx.pid; error_log /dev/null; events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000; client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  server { listen 127.0.0.1:${port}; location / { default_type application/json; return 200 '${body}'; } } }`;
  writeFileSync(path.join(dir, 'nginx.conf'), conf);
  const child = spawn('taskset', ['-c', String(LOAD_CORE), 'nginx', '-p', dir, '-c', path.join(dir, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'inherit'] });
  for (let i = 0; ; i++) {
    const ok = await fetch(`http://127.0.0.1:${port}/`).then((r) => r.ok, () => false);
    if (ok) return { child, origin: `http://127.0.0.1:${port}` };
    if (i > 100) throw new Error('nginx did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const PEERS = [
  { name: 'bare node:http + undici (no routing, no authentication)', script: 'bare-undici.mjs' },
  { name: 'configurable-http-proxy (no authentication)', script: 'chp.mjs' },
  { name: 'Berth, signed in by cookie', script: 'berth.mjs', args: ['cookie'] },
  { name: 'Berth, hub token', script: 'berth.mjs', args: ['token'] },
];

async function measure(peer, round) {
  const url = `http://127.0.0.1:${peer.info.port}${peer.info.path}`;
  if (round === 0) wrk({ url, headers: peer.info.headers, connections: CONNECTIONS, seconds: 2, core: LOAD_CORE });
  const before = cpuSeconds(peer.child.pid);
  const load = wrk({ url, headers: peer.info.headers, connections: CONNECTIONS, seconds: SECONDS, core: LOAD_CORE });
  const micros = ((cpuSeconds(peer.child.pid) - before) * 1e6) / load.requests;
  process.stderr.write(`  ${peer.name}: ${micros.toFixed(1)} µs, ${load.perSecond} requests/s, p50 ${load.p50}, p99 ${load.p99}\n`);
  peer.samples.push({ micros, perSecond: load.perSecond, p50: load.p50, mb: residentMb(peer.child.pid) });
}

function report(peers) {
  const version = (name) => JSON.parse(readFileSync(path.join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  const micros = (peer) => spread(peer.samples.map((s) => s.micros));
  const [bare, chp] = [micros(peers[0]).median, micros(peers[1]).median];
  const rows = peers.map((peer) => {
    const s = micros(peer);
    const rate = spread(peer.samples.map((x) => x.perSecond)).median;
    return `| ${peer.name} | ${s.min.toFixed(1)} | **${s.median.toFixed(1)}** | ${s.max.toFixed(1)} | ${(s.median / bare).toFixed(2)} | ${(s.median / chp).toFixed(2)} | ${Math.round(rate)} | ${spread(peer.samples.map((x) => x.mb)).median.toFixed(0)} |`;
  });
  return `# Benchmarks

What one small proxied request costs. Written by \`npm run bench\`; nothing here is a test, and no figure fails a build.

Machine: ${cpus().length} × ${cpus()[0].model.trim()}, Node ${process.versions.node}, undici ${version('undici')}, configurable-http-proxy ${version('configurable-http-proxy')}.
Backend: nginx answering 100 bytes of JSON. Load: \`wrk -t1 -c${CONNECTIONS} -d${SECONDS}s\` on the other core, ${ROUNDS} rounds in turn, one warm-up. The proxy is pinned to one core.
CPU is user plus system time of the proxy's process, all threads, divided by the requests that were answered. Berth routes, authenticates, authorises,
sanitises both ways and records activity on each of them.

| proxy | CPU µs/request, min | median | max | × bare undici | × configurable-http-proxy | requests/s (median) | RSS MB |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

/** What stands below the first heading of its own comes from other programs, and stays. */
function write(file, text) {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const at = before.indexOf('\n## ');
  writeFileSync(file, at < 0 ? text : text + before.slice(at));
}

const dir = mkdtempSync(path.join(tmpdir(), 'berth-bench-'));
const running = [];
try {
  const backend = await startBackend(dir);
  running.push(backend.child);
  const peers = [];
  for (const peer of PEERS) {
    const started = startPinned(PROXY_CORE, process.execPath, [path.join(here, 'peers', peer.script), backend.origin, ...(peer.args ?? []), dir], { NODE_ENV: 'production' });
    running.push(started.child);
    peers.push({ ...peer, child: started.child, info: await started.info, samples: [] });
  }
  for (let round = 0; round < ROUNDS; round++) {
    process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
    for (const peer of peers) await measure(peer, round);
  }
  const text = report(peers);
  if (process.argv.includes('--write')) write(path.join(root, 'docs', 'benchmarks.md'), text);
  process.stdout.write(text);
} finally {
  for (const child of running) child.removeAllListeners('exit').kill('SIGTERM');
  rmSync(dir, { recursive: true, force: true });
}
