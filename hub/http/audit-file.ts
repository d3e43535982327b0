import { once } from 'node:events';
import { AUDIT_FORMATS, type AuditFormat } from '../domain/audit';
import type { Exchange } from './exchange';

/** Sends the audit log as a file. Written as fast as it is read, and no faster; whoever goes away ends it. */
export async function sendAuditFile({ res }: Exchange, format: AuditFormat, chunks: AsyncIterable<string>): Promise<void> {
  res.statusCode = 200;
  res.setHeader('Content-Type', AUDIT_FORMATS[format].type);
  res.setHeader('Content-Disposition', `attachment; filename="audit.${format}"`);
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  for await (const chunk of chunks) {
    if (res.destroyed) return;
    if (res.write(chunk)) continue;
    try {
      await once(res, 'drain', { signal: gone.signal });
    } catch (err) {
      if (gone.signal.aborted) return;
      throw err;
    }
  }
  res.end();
}
