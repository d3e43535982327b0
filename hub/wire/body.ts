import type { IncomingMessage } from 'node:http';
import { HubError } from '../domain/errors';

const JSON_BYTES = 1024 * 1024;
/** A body that is only a little too large is read to its end, so that the sender gets to see our answer instead of a reset. */
const READ_AWAY_BYTES = 8 * 1024 * 1024;

export const mediaType = (req: IncomingMessage): string => (req.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

/**
 * JSON bodies of the API: 1 MB unless told otherwise, UTF-8. undefined: there was none. The media type matters for cookies only, because
 * only a page of another site has to choose among a few types; programs with a token send all kinds (JupyterHub's protocol, 3.1).
 */
export async function readJson(req: IncomingMessage, { requireType, limit = JSON_BYTES }: { readonly requireType: boolean; readonly limit?: number }): Promise<unknown> {
  const bytes = await readBody(req, limit);
  if (requireType && (bytes.length > 0 || req.headers['content-type'] !== undefined) && mediaType(req) !== 'application/json') {
    // As JupyterHub does: a cookie that comes with another type counts for nobody (protocol, 2.7).
    throw new HubError('forbidden', 'Forbidden');
  }
  if (bytes.length === 0) return undefined;
  const text = decode(bytes, 'JSON');
  try {
    return JSON.parse(text, withoutPrototype) as unknown;
  } catch (cause) {
    throw new HubError('invalid-input', 'Invalid JSON in body of request', { cause });
  }
}

/** `__proto__` would be an own property here and a prototype after the next careless copy (D08). */
function withoutPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

export function decode(bytes: Buffer, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new HubError('invalid-input', `Invalid UTF-8 in the ${what} of this request`, { cause });
  }
}

export async function readBody(req: IncomingMessage, limit: number): Promise<Buffer> {
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw new HubError('unsupported-media-type', 'Compressed bodies are not accepted here.');
  const declared = Number(req.headers['content-length'] ?? 0);
  if (declared > READ_AWAY_BYTES) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
    else if (declared === 0) throw tooLarge(limit);
  }
  if (size > limit) throw tooLarge(limit);
  return Buffer.concat(chunks);
}

const tooLarge = (limit: number): HubError => new HubError('too-large', `The body may have ${limit / 1024} kB at most.`);
