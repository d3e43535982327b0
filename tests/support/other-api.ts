import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ENGINE = '/var/run/docker.sock';

/** What an engine of another age says of itself and accepts. */
export interface PretendedApi {
  readonly newest: string;
  readonly oldest: string;
  /** Over what `docker info` says. */
  readonly info?: Readonly<Record<string, unknown>>;
}

export interface OtherApi {
  /** As in `DOCKER_HOST`. */
  readonly host: string;
  /** From now on. What was asked before stays as it is, streams included. */
  pretend(api: PretendedApi): void;
  /** Versions that were asked for since `pretend`, refused ones included; empty text: none was named. */
  asked(): ReadonlySet<string>;
  close(): Promise<void>;
}

/** The machine's real engine behind a socket that offers other versions of the API, and refuses all others in the engine's words. */
export async function startOtherApi(first: PretendedApi): Promise<OtherApi> {
  const folder = mkdtempSync(path.join(tmpdir(), 'berth-api-'));
  const socketPath = path.join(folder, 'docker.sock');
  let api = first;
  let asked = new Set<string>();

  const server = createServer((req, res) => {
    const [, version = '', target = ''] = /^(?:\/v([\d.]+))?(\/.*)$/.exec(req.url ?? '') ?? [];
    asked.add(version);
    const why = version === '' ? null : refusal(version, api);
    if (why !== null) return void res.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ message: why }));
    const upstream = request({ socketPath: ENGINE, method: req.method, path: target, headers: req.headers, agent: false }, (answer) => void pass(answer, res, { target, api }));
    upstream.on('error', () => res.destroy());
    res.once('close', () => upstream.destroy());
    req.pipe(upstream);
  });

  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    host: `unix://${socketPath}`,
    pretend: (next) => {
      api = next;
      asked = new Set();
    },
    asked: () => asked,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function pass(answer: IncomingMessage, res: ServerResponse, { target, api }: { readonly target: string; readonly api: PretendedApi }): Promise<void> {
  const headers = { ...answer.headers, ...(answer.headers['api-version'] === undefined ? {} : { 'api-version': api.newest }) };
  const change = target === '/version' ? { ApiVersion: api.newest, MinAPIVersion: api.oldest } : target === '/info' ? (api.info ?? {}) : null;
  if (change === null) {
    res.writeHead(answer.statusCode ?? 502, headers);
    res.flushHeaders();
    return void answer.pipe(res);
  }
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  const text = JSON.stringify({ ...(JSON.parse(Buffer.concat(parts).toString('utf8')) as object), ...change });
  const { 'content-length': _length, 'transfer-encoding': _encoding, ...rest } = headers;
  res.writeHead(answer.statusCode ?? 502, { ...rest, 'content-length': Buffer.byteLength(text) }).end(text);
}

function refusal(version: string, { newest, oldest }: PretendedApi): string | null {
  if (minor(version) < minor(oldest)) return `client version ${version} is too old. Minimum supported API version is ${oldest}, please upgrade your client to a newer version`;
  if (minor(version) > minor(newest)) return `client version ${version} is too new. Maximum supported API version is ${newest}`;
  return null;
}

const minor = (version: string): number => Number(version.split('.')[1]);
