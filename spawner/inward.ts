import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { ServerId } from '../hub/domain/ids';

export interface Door {
  /** Address of this process that one lab alone can reach. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Where that lab's connections come from; everything else is refused. null: not known. */
  readonly from: string | null;
}

export interface Inward {
  /** Idempotent; resolves with the port. A door that another server left at that address is closed first. Rejects as `listen` does. */
  open(server: ServerId, door: Door): Promise<number>;
  /** Port at which that server's door at `host` is open; null: it is not. */
  portOf(server: ServerId, host: string): number | null;
  /** Ends what came through it, too. Idempotent. */
  close(server: ServerId): Promise<void>;
  onConnection(listener: Listener): () => void;
  /** Forgets the listeners, too. */
  closeAll(): Promise<void>;
}

type Listener = (server: ServerId, socket: Socket) => void;

/** A lab that opens connections without end must not take the hub's. */
const MOST_CONNECTIONS = 256;

interface Opened {
  readonly door: Door;
  readonly listener: Server;
  readonly sockets: Set<Socket>;
}

/** One listener per lab, so that the address that somebody came through says whose lab it is. */
export function createInward(): Inward {
  const listeners = new Set<Listener>();
  const opened = new Map<ServerId, Opened>();
  /** Opening and closing of one address follow one another. */
  const inTurn = oneAtATime();

  const portOf = (server: ServerId, host: string): number | null => {
    const found = opened.get(server);
    return found === undefined || found.door.host !== host ? null : (found.listener.address() as AddressInfo).port;
  };

  async function openNow(server: ServerId, door: Door): Promise<number> {
    const port = portOf(server, door.host);
    if (port !== null) return port;
    await closeNow(server);
    // Its network is gone, or this address would not be free for another: what comes through it from now on is the new server's.
    if (door.port !== 0) for (const [other, found] of opened) if (found.door.host === door.host) await closeNow(other);
    const sockets = new Set<Socket>();
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => welcome(server, { door, sockets }, socket));
    listener.maxConnections = MOST_CONNECTIONS;
    await listen(listener, door);
    opened.set(server, { door, listener, sockets });
    return (listener.address() as AddressInfo).port;
  }

  function welcome(server: ServerId, { door, sockets }: Omit<Opened, 'listener'>, socket: Socket): void {
    socket.on('error', () => socket.destroy());
    const stranger = door.from !== null && socket.remoteAddress !== door.from;
    if (stranger || listeners.size === 0) return void socket.destroy();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    for (const listener of listeners) listener(server, socket);
  }

  async function closeNow(server: ServerId): Promise<void> {
    const found = opened.get(server);
    if (found === undefined) return;
    opened.delete(server);
    const closed = new Promise<void>((resolve) => found.listener.close(() => resolve()));
    for (const socket of found.sockets) socket.destroy();
    await closed;
  }

  return {
    open: (server, door) => inTurn(() => openNow(server, door)),
    portOf,
    close: (server) => inTurn(() => closeNow(server)),
    onConnection: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    closeAll: async () => {
      listeners.clear();
      await inTurn(() => Promise.all([...opened.keys()].map(closeNow)));
    },
  };
}

function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

const listen = (listener: Server, { host, port }: Door): Promise<void> =>
  new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(port, host, () => {
      // Running out of descriptors is told here later, and must not end the hub: the next connection is accepted again.
      listener.off('error', reject).on('error', () => undefined);
      resolve();
    });
  });
