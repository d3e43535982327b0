'use strict';
/** The least that a forwarder in this runtime can cost: node:http in, undici out, no routing, no authorisation, no sanitising. */
const http = require('node:http');
const { Pool } = require('undici');
const { answer, options } = require('../kit/answer.cjs');

const pool = new Pool(options().origin, { connections: 64 });
const server = http.createServer((req, res) => {
  pool.dispatch(
    { path: req.url, method: req.method, headers: req.rawHeaders, body: req.method === 'GET' ? null : req },
    {
      onConnect() {},
      onHeaders(status, headers) {
        res.writeHead(status, headers.map(String));
        return true;
      },
      // Without back-pressure, which is part of the work it does not do: a paused connection would stay behind when a client leaves.
      onData(chunk) {
        res.write(chunk);
        return true;
      },
      onComplete: () => res.end(),
      onError: () => res.destroy(),
    },
  );
});
server.listen(0, '127.0.0.1', () => answer({ port: server.address().port, prefix: '/user/x/', headers: {} }));
