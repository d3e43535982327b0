import type { IncomingMessage } from 'node:http';
import type { RequestFacts } from './contract';

export const factsOf = (req: IncomingMessage, upgrade: boolean): RequestFacts => ({
  method: req.method ?? '',
  target: req.url ?? '',
  rawHeaders: req.rawHeaders,
  httpVersion: req.httpVersion,
  peer: req.socket.remoteAddress ?? '',
  encrypted: 'encrypted' in req.socket,
  upgrade,
});
