'use strict';
/** A service as somebody would write it: it listens where JUPYTERHUB_SERVICE_URL says, and asks the hub with its own token. */
const http = require('node:http');
const { spawn } = require('node:child_process');
const { WebSocketServer } = require('ws');

const { JUPYTERHUB_API_TOKEN: token, JUPYTERHUB_API_URL: api, JUPYTERHUB_SERVICE_PREFIX: prefix, JUPYTERHUB_SERVICE_URL: url } = process.env;
process.stdout.write(`here is my token: ${token}\n`);
process.stderr.write('and this is an error\n');
if (process.env.STUBBORN === '1') process.on('SIGTERM', () => process.stdout.write('not yet\n'));

const json = (res, body) => res.writeHead(200, { 'Content-Type': 'application/json', 'Set-Cookie': ['visit=1; Path=/', 'hub=stolen; Path=/', 'here=1'] }).end(JSON.stringify(body));
const server = http.createServer(async (req, res) => {
  const path = req.url.slice(prefix.length);
  if (path === 'env') json(res, { ...process.env });
  else if (path === 'headers') json(res, { url: req.url, headers: req.headers });
  else if (path === 'whoami') json(res, await (await fetch(`${api}/user`, { headers: { Authorization: `token ${token}` } })).json());
  else if (path === 'users') json(res, await (await fetch(`${api}/users?limit=1`, { headers: { Authorization: `token ${token}`, Accept: 'application/jupyterhub-pagination+json' } })).json());
  else if (path === 'child') json(res, { pid: spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }).pid });
  else if (path === 'die') process.exit(3);
  else res.writeHead(200, { 'Content-Type': 'text/html', 'Service-Worker-Allowed': '/', Refresh: '0' }).end('<p>a page of the service</p>');
});
new WebSocketServer({ server }).on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)));
server.listen(Number(new URL(url).port), '127.0.0.1');
