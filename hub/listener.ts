import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Proxy } from '../proxy/contract';
import { attachProxy, configureServer, serverOptions } from '../proxy/server';
import type { Config } from './config';
import { HubError } from './domain/errors';
import type { Logger } from './domain/runtime';

/** The public listener, not listening yet. */
export function createListener(log: Pick<Logger, 'warn'>): Server {
  const server = createServer(serverOptions);
  // A connection that could not be accepted (too many open files) is no reason to end for everybody else (Q05).
  server.on('error', (err) => log.warn({ err }, 'the listener reports a problem'));
  return server;
}

/**
 * Resolves with the port. Comes before anything is opened, so that a taken port is known first; who calls before the hub is ready is
 * told to come back. Rejects with words on what to do (N11).
 */
export async function listen(server: Server, config: Pick<Config, 'listen' | 'trustedProxies'>): Promise<number> {
  configureServer(server, { trustedProxies: config.trustedProxies });
  server.on('request', tooEarly);
  await new Promise<void>((resolve, reject) => {
    const failed = (err: NodeJS.ErrnoException): void => reject(whyNot(err, config.listen));
    server.once('error', failed);
    server.listen(config.listen.port, config.listen.host, () => {
      server.off('error', failed);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

function whyNot(err: NodeJS.ErrnoException, { host, port }: Config['listen']): HubError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} on ${host} is taken, perhaps by another hub. End that program, or set HUB_LISTEN_PORT to another port.`,
    EACCES: `This account may not listen on port ${port}. Take one above 1023 with HUB_LISTEN_PORT.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Set HUB_LISTEN_HOST to one of its own.`,
  };
  return new HubError('unavailable', reasons[err.code ?? ''] ?? `The hub cannot listen on ${host}:${port}: ${err.message}`, { cause: err });
}

const tooEarly: RequestListener = (_req, res) => {
  res.writeHead(503, { 'retry-after': '1', 'content-type': 'text/plain' }).end('The hub is starting. Try again in a second.\n');
};

/** From here on every request goes to the proxy. */
export function open(server: Server, proxy: Proxy): void {
  server.off('request', tooEarly);
  attachProxy(server, proxy);
}

/** Stops accepting; resolves when the last connection is gone. */
export const shut = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
