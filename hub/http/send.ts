import { headerOf, type Exchange, type Reply } from './exchange';
import type { StaticFile } from './static-files';

/** A static file, in the form that its reader takes. */
export function sendable(x: Exchange, file: StaticFile, cache?: string): Reply {
  const { body, encoding } = file.as(headerOf(x, 'accept-encoding'));
  x.res.appendHeader('Vary', 'Accept-Encoding');
  if (encoding !== null) x.res.setHeader('Content-Encoding', encoding);
  return { kind: 'text', status: 200, type: file.type, body, ...(cache === undefined ? {} : { cache }) };
}

/** Writes an answer, at once unless it is a stream. HEAD gets the same headers and no body; Node sees to that. */
export function send(x: Exchange, reply: Reply): void | Promise<void> {
  const { res } = x;
  switch (reply.kind) {
    case 'html':
      return end(x, reply.status, 'text/html; charset=utf-8', reply.markup);
    case 'json':
      return end(x, reply.status, 'application/json', JSON.stringify(reply.body));
    case 'text':
      if (reply.cache !== undefined) res.setHeader('Cache-Control', reply.cache);
      return end(x, reply.status, reply.type, reply.body);
    case 'redirect':
      res.setHeader('Location', reply.location);
      return end(x, reply.status, 'text/plain; charset=utf-8', '');
    case 'stream':
      // Only the headers would be asked for, and only the stream knows them.
      return x.method === 'HEAD' ? end(x, 200, 'text/event-stream', '') : reply.run(x);
  }
}

/** Characters. What is shorter goes out in one write with its header. */
const LONG = 16_384;

function end({ res }: Exchange, status: number, type: string, body: string | Buffer): void {
  res.statusCode = status;
  // 204 and 304 have no body, and so no type or length.
  if (status !== 204 && status !== 304) {
    res.setHeader('Content-Type', type);
    // Counting a long text and writing it afterwards goes through it twice: a tenth of a page of 90 kB.
    const data = typeof body === 'string' && body.length > LONG ? Buffer.from(body) : body;
    res.setHeader('Content-Length', Buffer.byteLength(data));
    res.end(data);
  } else res.end();
}
