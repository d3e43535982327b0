'use strict';
/** The least that tunnelling costs in this runtime: two sockets, piped into each other. It knows neither HTTP nor users. */
const net = require('node:net');
const { answer, options } = require('../kit/answer.cjs');

const { port, hostname } = new URL(options().origin);
const server = net.createServer({ noDelay: true }, (client) => {
  const upstream = net.connect({ port: Number(port), host: hostname, noDelay: true });
  client.pipe(upstream).pipe(client);
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
});
server.listen(0, '127.0.0.1', 4096, () => answer({ port: server.address().port, prefix: '/user/x/', headers: {} }));
