import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

const MAX_CLOSING_MS = 5_000;

/** A whole HTTP response on a socket that left the HTTP server; then the socket is closed, whatever the client still sends (F18). */
export function endWithResponse(socket: Duplex, answer: { readonly status: number; readonly headers: Readonly<Record<string, string | readonly string[]>>; readonly body: string }): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const lines = [`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? 'Unknown'}`];
  for (const [name, value] of Object.entries(answer.headers)) {
    if (name.toLowerCase() === 'connection') continue;
    for (const line of typeof value === 'string' ? [value] : value) lines.push(`${name}: ${line}`);
  }
  lines.push('connection: close', '', answer.body);
  endAndDestroy(socket, lines.join('\r\n'));
}

/** Ends politely; destroys at the latest after five seconds. What arrives meanwhile is read and thrown away. */
export function endAndDestroy(socket: Duplex, last: string | Buffer = '', withinMs = MAX_CLOSING_MS): void {
  const timer = setTimeout(() => socket.destroy(), withinMs);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
  socket.end(last);
}
