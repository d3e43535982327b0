/** configurable-http-proxy (JupyterHub's proxy) with one route, in its own process, without authentication: it has none. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
const { ConfigurableProxy } = await import(pathToFileURL(require.resolve('configurable-http-proxy')).href);
const proxy = new ConfigurableProxy({});
await proxy.addRoute('/user/x', { target: process.argv[2] });
proxy.proxyServer.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: proxy.proxyServer.address().port, path: '/user/x/api', headers: {} })}\n`));
