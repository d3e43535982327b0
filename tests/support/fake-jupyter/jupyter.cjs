'use strict';
/**
 * What `jupyter lab` is to a hub, in one file: a server with Jupyter's answers, its file in the runtime directory, and a "kernel" in a
 * session of its own. `FAKE_JUPYTER` in its environment chooses how it misbehaves.
 */
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const value = (name) => process.argv.map((arg) => new RegExp(`^--(?:ServerApp\\.)?${name}=(.*)$`).exec(arg)?.[1]).find((found) => found !== undefined);
const [port, prefix, token, mood] = [Number(value('port')), value('base_url') ?? '/', process.env.JUPYTER_TOKEN, process.env.FAKE_JUPYTER ?? ''];
const file = path.join(process.env.JUPYTER_RUNTIME_DIR ?? '.', `jpserver-${process.pid}.json`);

if (process.argv.includes('--version')) {
  process.stdout.write('4.0.0\n');
  process.exit(0);
}
if (mood === 'exits') process.exit(3);
process.on('SIGTERM', () => {
  if (mood === 'stubborn') return;
  fs.rmSync(file, { force: true });
  // As long as Jupyter takes at least, to end its kernels.
  setTimeout(() => process.exit(0), 100);
});

const json = (res, status, body) => res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const server = http.createServer((req, res) => {
  const at = (req.url ?? '').split('?')[0];
  if (at === `${prefix}api`) return json(res, 200, { version: '2.15.0' });
  if (req.headers.authorization !== `token ${token}`) return json(res, 403, { message: 'Forbidden' });
  if (at === `${prefix}api/status`) return json(res, 200, { started: '2026-01-01T00:00:00Z', last_activity: '2026-01-01T00:00:00Z', connections: 0, kernels: 0 });
  if (at === `${prefix}env`) return json(res, 200, { env: process.env, cwd: process.cwd(), pid: process.pid, argv: process.argv, kernel: kernel?.pid });
  return json(res, 200, { url: req.url });
});

let kernel;
server.on('error', (err) => {
  process.stderr.write(`ERROR: the Jupyter server could not be started because port ${port} is not available (${err.code}).\n`);
  process.exit(1);
});
const listen = () => server.listen(port, value('ip'), () => {
  // As kernels are: in a session of their own, so that no signal to the server's group reaches them.
  kernel = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { detached: true, stdio: 'ignore' });
  process.stdout.write(`Serving at http://127.0.0.1:${port}${prefix}?token=${token}\nmy token is ${token}\n`);
  fs.writeFileSync(file, JSON.stringify({ pid: process.pid, port }));
});
/** Somebody else gets the port between its choice and its use, which Jupyter answers by ending. */
const beRobbed = () => {
  const thief = spawn(process.execPath, ['-e', `require('node:net').createServer().listen(${port}, '127.0.0.1', () => process.send('mine'))`], { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  thief.once('message', listen);
};
if (mood === 'never') {
  process.stdout.write('loading extensions\n');
  setInterval(() => {}, 1e6);
} else if (mood === 'robbed-once' && !fs.existsSync('robbed')) {
  fs.writeFileSync('robbed', '');
  beRobbed();
} else listen();
