import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ENGINE = '/var/run/docker.sock';
const EVENTS = /^GET (\/v[\d.]+)?\/events/;
const END_OF_HEAD = '\r\n\r\n';

/** A stream of events through the relay. */
export interface RelayedStream {
  /** Path and query. */
  readonly asked: string;
  open: boolean;
  /** Everything of it that reached the hub. */
  heard: string;
}

/** A socket in front of a real engine, by default the machine's, on which the way to it gets slow or dies. */
export interface EngineRelay {
  readonly socketPath: string;
  /** As in `DOCKER_HOST`. */
  readonly host: string;
  /** Every call since the last `forget`, as `GET /containers/json`: without the API's version and the query. */
  calls(): readonly string[];
  forget(): void;
  /** Streams of events, in the order in which they were opened. */
  streams(): readonly RelayedStream[];
  /** The streams that are open now say nothing any more, and are not closed either. */
  muteEvents(): void;
  /** Milliseconds that every later call takes on its way. */
  slow(ms: number): void;
  /** Every later call waits until the returned function is called. */
  hold(): () => void;
  close(): Promise<void>;
}

/** It takes one call per connection, as the hub makes them. */
export async function startEngineRelay(engine: string = ENGINE): Promise<EngineRelay> {
  const folder = mkdtempSync(path.join(tmpdir(), 'berth-relay-'));
  const socketPath = path.join(folder, 'docker.sock');
  const sockets = new Set<Socket>();
  const streams: { readonly told: RelayedStream; mute(): void }[] = [];
  let calls: string[] = [];
  let delayMs = 0;
  let held: Promise<void> = Promise.resolve();

  const server = createServer((client) => {
    note(client);
    let head = '';
    const read = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      if (!head.includes(END_OF_HEAD)) return;
      client.off('data', read).pause();
      void begin(client, head);
    };
    client.on('data', read);
  });

  function note(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  }

  async function begin(client: Socket, head: string): Promise<void> {
    const [method = '', target = ''] = head.split(' ');
    calls.push(`${method} ${target.replace(/^\/v[\d.]+/, '').replace(/\?.*/, '')}`);
    await Promise.all([held, delayMs === 0 ? undefined : new Promise((resolve) => setTimeout(resolve, delayMs))]);
    if (client.destroyed) return;
    const upstream = connect(engine);
    note(upstream);
    upstream.write(head, 'latin1');
    client.pipe(upstream);
    upstream.pipe(client);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.end());
    if (EVENTS.test(head)) listen(client, upstream, head);
  }

  function listen(client: Socket, upstream: Socket, head: string): void {
    const told: RelayedStream = { asked: head.split(' ')[1] ?? '', open: true, heard: '' };
    const hear = (chunk: Buffer): void => void (told.heard += chunk.toString('utf8'));
    upstream.on('data', hear);
    client.once('close', () => (told.open = false));
    streams.push({ told, mute: () => void upstream.off('data', hear).unpipe(client).pause() });
  }

  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    host: `unix://${socketPath}`,
    calls: () => calls,
    forget: () => void (calls = []),
    streams: () => streams.map(({ told }) => told),
    muteEvents: () => streams.forEach(({ told, mute }) => told.open && mute()),
    slow: (ms) => void (delayMs = ms),
    hold: () => {
      let release = (): void => undefined;
      held = new Promise((resolve) => (release = resolve));
      return release;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
