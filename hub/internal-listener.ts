import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { configureServer, serverOptions } from '../proxy/server';
import type { ServerId } from './domain/ids';
import type { Logger } from './domain/runtime';
import type { InternalApp } from './internal/app';

export interface InternalListenerOptions {
  readonly handle: InternalApp['handle'];
  readonly log: Pick<Logger, 'warn'>;
  /** Milliseconds until a request has to be there, headers and body; default 30 s. */
  readonly requestMs?: number;
  /** Milliseconds between two looks at who is too slow; default as on the public listener. */
  readonly checkEveryMs?: number;
}

export interface InternalListener {
  /** A connection of that server's lab: it is read from now on. */
  accept(server: ServerId, socket: Socket): void;
  /** Ends what is open. Idempotent. */
  close(): void;
}

/** What one lab may hold open. Its own programs need a handful. */
const PER_SERVER = 64;
const REQUEST_MS = 30_000;

/** An http server that listens nowhere: whoever knows a connection's lab hands it in. Limits are those of the public listener, counted per lab. */
export function createInternalListener({ handle, log, requestMs = REQUEST_MS, checkEveryMs = serverOptions.connectionsCheckingInterval }: InternalListenerOptions): InternalListener {
  const server = createServer({ ...serverOptions, connectionsCheckingInterval: checkEveryMs });
  const cameThrough = new WeakMap<object, ServerId>();
  const open = new Map<ServerId, Set<Socket>>();
  // All labs may come from one address, so addresses are not what is counted.
  configureServer(server, { connectionsPerAddress: Infinity });
  server.headersTimeout = Math.min(server.headersTimeout, requestMs);
  server.requestTimeout = requestMs;
  watchTheSlow(server);
  server.on('error', (err) => log.warn({ err }, 'the internal listener reports a problem'));
  server.on('request', (req, res) => {
    const through = cameThrough.get(req.socket);
    if (through === undefined) res.destroy();
    else handle(req, res, through);
  });

  function accept(of: ServerId, socket: Socket): void {
    const sockets = open.get(of) ?? new Set<Socket>();
    if (sockets.size >= PER_SERVER) return void socket.destroy();
    open.set(of, sockets.add(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) open.delete(of);
    });
    cameThrough.set(socket, of);
    server.emit('connection', socket);
  }

  return {
    accept,
    close: () => {
      for (const sockets of open.values()) for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Node begins to look for slow clients when a server says that it listens; this one never does. */
const watchTheSlow = (server: Server): void => void server.emit('listening');
