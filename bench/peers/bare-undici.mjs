/** The least that a forwarder in this runtime can cost: node:http in, undici out, no routing, no authorisation, no sanitising. */
import http from 'node:http';
import { Pool } from 'undici';

const pool = new Pool(process.argv[2], { connections: 64 });
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
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: server.address().port, path: '/user/x/api', headers: {} })}\n`));
