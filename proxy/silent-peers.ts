import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Where Linux tells how each connection fares. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const;
const LOOK_MS = 10_000;
/** Waits double from 0.2 s on, so the seventh repetition without an answer comes after half a minute of silence. */
const GIVEN_UP_AFTER = 7;

/**
 * Ends connections whose other end has vanished without a word while something was on its way to it (H10, I02). TCP's keep-alive looks
 * after silent connections only: where a stream writes a heartbeat, the kernel goes on repeating it for a quarter of an hour. Without
 * these tables (no Linux) nothing happens, and that quarter of an hour stays.
 */
export function endSilentPeers(server: Server): void {
  const open = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    open.set(key, socket);
    socket.once('close', () => {
      if (open.get(key) === socket) open.delete(key);
    });
  });
  const timer = setInterval(() => void look(open), LOOK_MS);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}

async function look(open: ReadonlyMap<string, Socket>): Promise<void> {
  if (open.size === 0) return;
  const tables = await Promise.all(TABLES.map((table) => readFile(table, 'latin1').catch(() => '')));
  for (const key of silent(tables.join('\n'))) open.get(key)?.destroy();
}

const keyOf = ({ localPort, remotePort, remoteAddress }: Socket): string => `${localPort} ${remotePort} ${remoteAddress === undefined ? '' : (kernelSpelling(remoteAddress) ?? '')}`;

/** Words of four bytes, each with its last byte first; IPv4 is one word, also within IPv6. */
function kernelSpelling(address: string): string | undefined {
  const [bare = ''] = address.split('%');
  if (!ipaddr.isValid(bare)) return undefined;
  const bytes = ipaddr.process(bare).toByteArray();
  const words = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.slice(i * 4, i * 4 + 4).reverse());
  return words.flat().map((byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase();
}

const MAPPED = '0000000000000000FFFF0000';
/** Number, both ends, state (01: established), queues, the timer (01: repeating) and how often it has run out. */
const ROW = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) 01 \S+ 01:[0-9A-F]+ ([0-9A-F]{8}) /;

/** Keys of the connections that got no answer for long, out of the kernel's tables. */
export function silent(tables: string): string[] {
  return tables.split('\n').flatMap((line) => {
    const [, local = '', address = '', remote = '', repeated = ''] = ROW.exec(line) ?? [];
    if (!(Number.parseInt(repeated, 16) >= GIVEN_UP_AFTER)) return [];
    const bare = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
    return [`${Number.parseInt(local, 16)} ${Number.parseInt(remote, 16)} ${bare}`];
  });
}
