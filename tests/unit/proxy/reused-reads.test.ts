import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { createReads } from '../../../proxy/reused-reads';
import type { Reading, Reads } from '../../../proxy/reused-reads';

const MB = 1024 * 1024;
const ALL = randomBytes(4 * MB);
let server: net.Server;
let reads: Reads;
let accepted: net.Socket[];
let opened: net.Socket[];

beforeEach(async () => {
  accepted = [];
  opened = [];
  reads = createReads({});
  server = net.createServer((socket) => void accepted.push(socket));
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
});
afterEach(async () => {
  for (const socket of [...accepted, ...opened]) socket.destroy();
  await new Promise((resolve) => { server.close(resolve); });
});

/** Reads as undici does. `on` says what it has to say about each piece; false: it wants no more now. */
async function open(on: (piece: Buffer, reading: Reading | null) => boolean | void): Promise<{ readonly socket: net.Socket; readonly peer: net.Socket; readMore(): void }> {
  const { port } = server.address() as net.AddressInfo;
  const arrived = new Promise<net.Socket>((resolve) => { server.once('connection', resolve); });
  const socket = await new Promise<net.Socket>((resolve, reject) => {
    reads.connector({ hostname: '127.0.0.1', host: '127.0.0.1', protocol: 'http:', port: String(port) }, (...[err, made]) => (err === null ? resolve(made as net.Socket) : reject(err)));
  });
  opened.push(socket);
  let paused = false;
  const readMore = (): void => {
    paused = false;
    for (;;) {
      const piece = socket.read() as Buffer | null;
      if (piece === null) return;
      if (on(piece, reads.current) === false) {
        paused = true;
        return;
      }
    }
  };
  socket.on('readable', () => { if (!paused) readMore(); });
  return { socket, peer: await arrived, readMore };
}

const ended = (socket: net.Socket): Promise<unknown> => new Promise((resolve) => { socket.once('end', resolve); });

test.each([
  ['nothing is said about them', () => undefined],
  ['more is expected, and they are not spent', (reading: Reading | null) => reading?.expectMore()],
])('pieces keep what they hold when %s', async (_, say) => {
  const pieces: Buffer[] = [];
  const { socket, peer } = await open((piece, reading) => {
    pieces.push(piece);
    say(reading);
  });
  peer.end(ALL);
  await ended(socket);
  expect(Buffer.concat(pieces).equals(ALL)).toBe(true);
});

test('spent pieces are read over, in one large buffer, and nothing is lost', async () => {
  const pieces: Buffer[] = [];
  const memory = new Set<ArrayBufferLike>();
  const { socket, peer } = await open((piece, reading) => {
    pieces.push(Buffer.from(piece));
    memory.add(piece.buffer);
    reading?.expectMore();
    reading?.spent();
  });
  peer.end(ALL);
  await ended(socket);
  expect(Buffer.concat(pieces).equals(ALL)).toBe(true);
  expect(memory.size).toBeLessThanOrEqual(2);
});

/** Reads the large buffer's first piece on one connection, and then as much on another; true when both were in the same memory. */
async function afterAnother(isSpent: boolean): Promise<{ readonly shared: boolean; readonly kept: boolean }> {
  const first: Buffer[] = [];
  const second: Buffer[] = [];
  const one = await open((piece, reading) => {
    if (first.push(piece) === 1) reading?.expectMore();
    else if (isSpent) reading?.spent();
  });
  one.peer.write(ALL.subarray(0, 10));
  await new Promise<void>((resolve) => { one.socket.on('readable', () => resolve()); });
  one.peer.end(ALL.subarray(10, 1000));
  await ended(one.socket);
  const copy = ALL.subarray(10, 1000);
  const two = await open((piece, reading) => {
    second.push(piece);
    reading?.expectMore();
  });
  two.peer.write(ALL.subarray(2000, 2010));
  await new Promise<void>((resolve) => { two.socket.on('readable', () => resolve()); });
  two.peer.end(ALL.subarray(5000, 7000));
  await ended(two.socket);
  return { shared: second.some(({ buffer }) => buffer === first.at(-1)?.buffer), kept: (first.at(-1) as Buffer).equals(copy) };
}

test('memory that is spent is used for the next long body, and other memory is not', async () => {
  expect(await afterAnother(true)).toEqual({ shared: true, kept: false });
  expect(await afterAnother(false)).toEqual({ shared: false, kept: true });
});

test('nobody is asked for more than was asked for: what is not wanted stays with the sender', async () => {
  const pieces: Buffer[] = [];
  const { socket, peer, readMore } = await open((piece) => {
    pieces.push(piece);
    return pieces.length > 1;
  });
  peer.end(ALL);
  await new Promise<void>((resolve) => { socket.on('readable', () => resolve()); });
  const { bytesRead } = socket;
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => { setImmediate(resolve); });
  expect(socket.bytesRead).toBe(bytesRead);
  expect(bytesRead).toBeLessThan(MB);
  const end = ended(socket);
  readMore();
  await end;
  expect(Buffer.concat(pieces).equals(ALL)).toBe(true);
});
