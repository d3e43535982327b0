import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createEar, type AddressInfo, type Server as Ear } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Proxy } from '../proxy/contract';
import { attachProxy, configureServer, serverOptions } from '../proxy/server';
import type { Config } from './config';
import { HubError } from './domain/errors';
import type { Logger } from './domain/runtime';
import { FRONT, frontAddresses } from './front-addresses';

/** The public listener, not listening yet. */
export function createListener(log: Pick<Logger, 'warn'>): Server {
  const server = createServer(serverOptions);
  // A connection that could not be accepted (too many open files) is no reason to end for everybody else (Q05).
  server.on('error', (err) => log.warn({ err }, 'the listener reports a problem'));
  return server;
}

type At = Pick<Config['listen'], 'host' | 'port'>;

/** What of the configuration the public listener needs. */
export interface ListenSettings extends Pick<Config, 'trustedProxies'> {
  readonly listen: At;
  readonly docker: Pick<Config['docker'], 'networkPool'>;
}

/** What else accepts connections for a listener: an address takes a socket of its own. */
const ears = new WeakMap<Server, readonly Ear[]>();

/**
 * Resolves with the port. Comes before anything is opened, so that a taken port is known first; who calls before the hub is ready is
 * told to come back. Rejects with words on what to do (N11).
 */
export async function listen(server: Server, config: ListenSettings): Promise<number> {
  configureServer(server, { trustedProxies: config.trustedProxies });
  const [first, ...more] = config.listen.host === FRONT ? frontAddresses(networkInterfaces(), config.docker.networkPool) : [config.listen.host];
  server.on('request', tooEarly);
  await bind(server, { host: first ?? '', port: config.listen.port });
  const { port } = server.address() as AddressInfo;
  const bound: Ear[] = [];
  ears.set(server, bound);
  try {
    for (const host of more) bound.push(await earOf(server, { host, port }));
  } catch (err) {
    await shut(server);
    throw err;
  }
  return port;
}

/** Every connection goes to the one http server, with its limits and its guard. */
async function earOf(server: Server, at: At): Promise<Ear> {
  // As http servers are made.
  const ear = createEar({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket));
  await bind(ear, at);
  ear.on('error', (err) => server.emit('error', err));
  return ear;
}

function bind(server: Ear, at: At): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (err: NodeJS.ErrnoException): void => reject(whyNot(err, at));
    server.once('error', failed);
    server.listen(at.port, at.host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

function whyNot(err: NodeJS.ErrnoException, { host, port }: At): HubError {
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
export const shut = async (server: Server): Promise<void> => {
  const closed = [server, ...(ears.get(server) ?? [])].map((each) => new Promise<void>((resolve) => each.close(() => resolve())));
  await Promise.all(closed);
};
