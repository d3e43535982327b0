import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const MAX_FRAME = 1 << 20;

/** Accepts a WebSocket upgrade (RFC 6455) with the first subprotocol offered and sends every message back. */
export function acceptEcho(req: IncomingMessage, socket: Duplex, head: Buffer): void {
  const key = req.headers['sec-websocket-key'];
  if (key === undefined) {
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  const protocol = req.headers['sec-websocket-protocol']?.split(',')[0]?.trim();
  const accept = createHash('sha1').update(key + GUID).digest('base64');
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
  if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  let pending: Buffer = head;
  const consume = (): void => {
    for (let frame = readFrame(pending); frame !== null; frame = readFrame(pending)) {
      pending = pending.subarray(frame.size);
      if (!answer(socket, frame)) return;
    }
    if (pending.length > MAX_FRAME) socket.destroy();
  };
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    consume();
  });
  consume();
}

interface Frame {
  readonly size: number;
  readonly first: number;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** False once the conversation is over. */
function answer(socket: Duplex, frame: Frame): boolean {
  if (frame.opcode === 8) {
    socket.end(writeFrame(0x88, frame.payload));
    return false;
  }
  if (frame.opcode === 9) socket.write(writeFrame(0x8a, frame.payload));
  else if (frame.opcode !== 10) socket.write(writeFrame(frame.first, frame.payload));
  return true;
}

function readFrame(data: Buffer): Frame | null {
  if (data.length < 2) return null;
  const first = data.readUInt8(0);
  const second = data.readUInt8(1);
  const short = second & 0x7f;
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
  const masked = (second & 0x80) !== 0;
  const start = 2 + extra + (masked ? 4 : 0);
  if (data.length < start) return null;
  const length = extra === 0 ? short : extra === 2 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  if (data.length < start + length) return null;
  const payload = Buffer.from(data.subarray(start, start + length));
  if (masked) for (let i = 0; i < length; i++) payload.writeUInt8(payload.readUInt8(i) ^ data.readUInt8(start - 4 + (i % 4)), i);
  return { size: start + length, first, opcode: first & 0x0f, payload };
}

function writeFrame(first: number, payload: Buffer): Buffer {
  const length = payload.length;
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), payload]);
  if (length < 65_536) return Buffer.concat([Buffer.from([first, 126, length >> 8, length & 0xff]), payload]);
  const header = Buffer.alloc(10);
  header.writeUInt8(first, 0);
  header.writeUInt8(127, 1);
  header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}
