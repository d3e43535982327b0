import http from 'node:http';
import type { Engine } from './ownership';

interface Call {
  readonly method: string;
  readonly target: string;
  readonly body: string | undefined;
  /** `X-Registry-Auth`, the one header of a client that an engine needs. */
  readonly auth: string | undefined;
}

/** The engine behind its socket. Nothing of the client's own headers goes on. */
export function createEngine(socketPath: string): Engine & { forward(call: Call, onReply: (reply: http.IncomingMessage) => void, onError: (err: Error) => void): void } {
  function forward({ method, target, body, auth }: Call, onReply: (reply: http.IncomingMessage) => void, onError: (err: Error) => void): void {
    const headers = {
      host: 'docker',
      ...(body === undefined ? { 'content-length': 0 } : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...(auth === undefined ? {} : { 'x-registry-auth': auth }),
    };
    const req = http.request({ socketPath, method, path: target, headers, agent: false }, onReply);
    req.on('error', onError);
    req.end(body);
  }

  const ask = (path: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      forward({ method: 'GET', target: path, body: undefined, auth: undefined }, (reply) => {
        const chunks: Buffer[] = [];
        reply.on('data', (chunk: Buffer) => chunks.push(chunk));
        reply.on('error', reject);
        reply.on('end', () => {
          if (reply.statusCode === 404) resolve(null);
          else if (reply.statusCode === 200) resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown);
          else reject(new Error(`the engine answered ${reply.statusCode} to a question about ${path}`));
        });
      }, reject);
    });

  return { ask, forward };
}
