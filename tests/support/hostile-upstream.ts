import net from 'node:net';

/** What one connection to the upstream saw. */
export interface UpstreamConnection {
  readonly socket: net.Socket;
  received(): Buffer;
  text(): string;
  closed: boolean;
}

/**
 * A TCP server that answers with whatever bytes a test wants. A script runs once per connection; without a script it is silent
 * and never closes, not even when the other side does.
 */
export interface HostileUpstream {
  readonly origin: string;
  readonly port: number;
  readonly connections: UpstreamConnection[];
  /** Everything received on every connection. */
  text(): string;
  /** Request heads received so far, over all connections. */
  requests(): string[];
  parsed(): UpstreamRequest[];
  open(): number;
  /**
   * Connections on which something was received and that the hub has not let go of. (After an abort undici opens a connection
   * for the request that is not there any more, and closes it when it has been idle for some seconds.)
   */
  busy(): number;
  script(run: Script): void;
  close(): Promise<void>;
}

export type Script = (connection: UpstreamConnection, index: number) => void;

/** Answers each whole request with the same bytes, and keeps the connection. */
export const always = (answer: string | Buffer): Script => (connection) => {
  let answered = 0;
  connection.socket.on('data', () => {
    const whole = parseRequests(connection.text()).filter((request) => request.complete).length;
    for (; answered < whole; answered += 1) connection.socket.write(answer, 'latin1' as BufferEncoding);
  });
};

/** Answers the first request and then ends its side. */
export const onceThenEnd = (answer: string | Buffer): Script => (connection) => {
  connection.socket.once('data', () => connection.socket.end(answer, 'latin1' as BufferEncoding));
};

export interface UpstreamRequest {
  readonly head: string;
  /** As framed: chunked bodies are joined. */
  readonly body: string;
  readonly complete: boolean;
}

/** Reads requests as a strict server does, by their framing, so that a smuggled one would show up as one. */
export function parseRequests(text: string): UpstreamRequest[] {
  const found: UpstreamRequest[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) return found;
    const head = rest.slice(0, end + 2);
    rest = rest.slice(end + 4);
    const { body, used } = /^transfer-encoding: chunked\r$/im.test(head) ? readChunks(rest) : readLength(rest, Number(/^content-length: (\d+)\r$/im.exec(head)?.[1] ?? 0));
    found.push({ head, body, complete: used !== -1 });
    if (used === -1) return found;
    rest = rest.slice(used);
  }
}

const readLength = (text: string, length: number): { body: string; used: number } => ({ body: text.slice(0, length), used: text.length >= length ? length : -1 });

function readChunks(text: string): { body: string; used: number } {
  let body = '';
  let at = 0;
  for (;;) {
    const line = text.indexOf('\r\n', at);
    const size = line === -1 ? Number.NaN : Number.parseInt(text.slice(at, line), 16);
    if (Number.isNaN(size) || text.length < line + 2 + size + 2) return { body, used: -1 };
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
    if (size === 0) return { body, used: at };
  }
}

export async function startHostileUpstream(first: Script = () => undefined): Promise<HostileUpstream> {
  let script = first;
  const connections: UpstreamConnection[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = [];
    let joined: Buffer | null = null;
    const received = (): Buffer => (joined ??= Buffer.concat(chunks));
    const connection: UpstreamConnection = { socket, received, text: () => received().toString('latin1'), closed: false };
    connections.push(connection);
    socket.on('data', (chunk) => { chunks.push(chunk); joined = null; });
    socket.on('error', () => undefined);
    socket.on('close', () => { connection.closed = true; });
    script(connection, connections.length - 1);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as net.AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    connections,
    text: () => connections.map((c) => c.text()).join(''),
    requests: () => connections.flatMap((c) => parseRequests(c.text()).map((request) => request.head)),
    parsed: () => connections.flatMap((c) => parseRequests(c.text())),
    open: () => connections.filter((c) => !c.closed).length,
    busy: () => connections.filter((c) => !c.closed && !c.socket.readableEnded && c.received().length > 0).length,
    script: (run) => { script = run; },
    close: async () => {
      for (const { socket } of connections) socket.destroy();
      await new Promise<void>((resolve) => { server.close(() => resolve()); });
    },
  };
}
