import net from 'node:net';
import { giveBackWritten } from '../../../proxy/give-back';

const LENGTH = 64 * 1024;
let server: net.Server;
let socket: net.Socket;
let other: net.Socket;

beforeEach(async () => {
  const accepted = new Promise<net.Socket>((resolve) => { server = net.createServer(resolve); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  other = await accepted;
  if (socket.connecting) await new Promise((resolve) => { socket.once('connect', resolve); });
  giveBackWritten(socket);
});
afterEach(async () => {
  socket.destroy();
  other.destroy();
  await new Promise((resolve) => { server.close(resolve); });
});

const send = (piece: Uint8Array | string): void => {
  socket.cork();
  socket.write(piece);
  socket.uncork();
};

test('a piece is freed once the kernel has it, and arrives whole', async () => {
  const piece = Buffer.allocUnsafeSlow(LENGTH).fill('x');
  const arrived = new Promise<Buffer>((resolve) => {
    let all = Buffer.alloc(0);
    other.on('data', (chunk: Buffer) => {
      all = Buffer.concat([all, chunk]);
      if (all.length === LENGTH) resolve(all);
    });
  });
  send(piece);
  expect(piece.length).toBe(0);
  expect((await arrived).equals(Buffer.alloc(LENGTH, 'x'))).toBe(true);
});

test('a piece that still waits for the other side is kept', () => {
  other.pause();
  const pieces = Array.from({ length: 1_000 }, () => Buffer.allocUnsafeSlow(LENGTH));
  for (const piece of pieces) send(piece);
  expect(socket.writableLength).toBeGreaterThan(0);
  expect(pieces.at(-1)?.length).toBe(LENGTH);
});

test('what is short, is a string, or is a part of more memory is left alone', () => {
  const short = Buffer.allocUnsafeSlow(100);
  const part = Buffer.allocUnsafeSlow(2 * LENGTH).subarray(0, LENGTH);
  for (const piece of [short, part, 'text']) send(piece);
  expect([short.length, part.length]).toEqual([100, LENGTH]);
});
