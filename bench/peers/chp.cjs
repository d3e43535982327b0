'use strict';
/** configurable-http-proxy (JupyterHub's proxy) with its routes, in a process of its own, without authentication: it has none. */
const { pathToFileURL } = require('node:url');
const { answer, options } = require('../kit/answer.cjs');

async function main() {
  const { origin, names = ['x'] } = options();
  const { ConfigurableProxy } = await import(pathToFileURL(require.resolve('configurable-http-proxy')).href);
  const proxy = new ConfigurableProxy({});
  for (const name of names) await proxy.addRoute(`/user/${name}`, { target: origin });
  proxy.proxyServer.listen(0, '127.0.0.1', 4096, () => answer({ port: proxy.proxyServer.address().port, prefix: '/user/x/', headers: {} }));
}

void main();
