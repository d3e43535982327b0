import net from 'node:net';

/** A client without an HTTP library: it sends the bytes it is given and keeps the bytes it gets. */
export interface RawClient {
  readonly socket: net.Socket;
  /** Everything received, as latin1 text. */
  text(): string;
  bytes(): Buffer;
  send(data: string | Buffer): void;
  /** Resolves when `text()` satisfies `until`; rejects when the connection closes or `withinMs` passes before. */
  until(until: (text: string) => boolean, withinMs?: number): Promise<string>;
  /** Resolves with everything when the connection is closed, however it closes. */
  closed(withinMs?: number): Promise<string>;
  /** Was it ended by a reset or another error? */
  failed(): boolean;
  /** Did the other side end its half in good order? */
  ended(): boolean;
  reset(): void;
  destroy(): void;
}

const WAIT_MS = 8_000;

export function rawClient(port: number, first: string | Buffer = '', host = '127.0.0.1'): RawClient {
  const chunks: Buffer[] = [];
  let error: Error | null = null;
  let ended = false;
  let isClosed = false;
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((fn) => fn());
  const socket = net.connect({ port, host, allowHalfOpen: true });
  socket.on('data', (chunk) => { chunks.push(chunk); changed(); });
  socket.on('error', (err) => { error = err; });
  socket.on('end', () => { ended = true; changed(); });
  socket.on('close', () => { isClosed = true; changed(); });
  if (first.length > 0) socket.write(first, 'latin1');
  const bytes = (): Buffer => Buffer.concat(chunks);
  const text = (): string => bytes().toString('latin1');

  const wait = (done: () => boolean, hopeless: () => boolean, what: { readonly withinMs: number; readonly name: string }): Promise<string> =>
    new Promise((resolve, reject) => {
      const finish = (err?: Error): void => {
        clearTimeout(timer);
        listeners.delete(look);
        if (err === undefined) resolve(text());
        else reject(err);
      };
      const look = (): void => {
        if (done()) finish();
        else if (hopeless()) finish(new Error(`${what.name}: the connection closed after: ${JSON.stringify(text().slice(0, 500))}`));
      };
      const timer = setTimeout(() => finish(new Error(`${what.name}: not within ${what.withinMs} ms; so far: ${JSON.stringify(text().slice(0, 500))}`)), what.withinMs);
      listeners.add(look);
      look();
    });

  return {
    socket,
    text,
    bytes,
    send: (data) => void socket.write(data, 'latin1' as BufferEncoding),
    until: (until, withinMs = WAIT_MS) => wait(() => until(text()), () => isClosed || ended, { withinMs, name: 'until' }),
    closed: (withinMs = WAIT_MS) =>
      wait(() => {
        // The other side has ended; so do we, as a browser does.
        if (ended && !isClosed) socket.end();
        return isClosed;
      }, () => false, { withinMs, name: 'closed' }),
    failed: () => error !== null,
    ended: () => ended,
    reset: () => void socket.resetAndDestroy(),
    destroy: () => void socket.destroy(),
  };
}

export interface RawResponse {
  readonly status: number;
  /** Lower-case names, in order, repeated ones included. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** Values of one header, in order. */
  all(name: string): string[];
  get(name: string): string | undefined;
}

/** Reads the first response in `text`; chunked bodies are joined. Undefined when its header is not complete. */
export function parseResponse(text: string): RawResponse | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const all = (name: string): string[] => headers.filter(([n]) => n === name).map(([, value]) => value);
  const rest = text.slice(end + 4);
  const chunked = all('transfer-encoding').includes('chunked');
  const length = all('content-length')[0];
  return { status: Number(statusLine.split(' ')[1]), headers, body: chunked ? dechunk(rest) : length === undefined ? rest : rest.slice(0, Number(length)), all, get: (name) => all(name)[0] };
}

function dechunk(text: string): string {
  let body = '';
  let rest = text;
  for (;;) {
    const line = rest.indexOf('\r\n');
    const size = Number.parseInt(rest.slice(0, line), 16);
    if (line === -1 || !(size > 0)) return body;
    body += rest.slice(line + 2, line + 2 + size);
    rest = rest.slice(line + 2 + size + 2);
  }
}

/** Is the first response in `text` complete, as far as its framing says? */
export function isComplete(text: string): boolean {
  const response = parseResponse(text);
  if (response === undefined) return false;
  if (response.get('transfer-encoding') === 'chunked') return text.includes('\r\n0\r\n\r\n');
  return response.body.length >= Number(response.get('content-length') ?? Infinity);
}

/** One request on a connection of its own; `bytes` is the whole of it. Resolves when the response is complete or the connection closes. */
export async function exchange(port: number, bytes: string | Buffer): Promise<RawResponse> {
  const client = rawClient(port, bytes);
  try {
    const text = await new Promise<string>((resolve, reject) => {
      void client.closed().then(resolve, reject);
      void client.until(isComplete).then(resolve, () => undefined);
    });
    const response = parseResponse(text);
    if (response === undefined) throw new Error(`No response: ${JSON.stringify(text)}`);
    return response;
  } finally {
    client.destroy();
  }
}
