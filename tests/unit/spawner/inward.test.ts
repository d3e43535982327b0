import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import type { ServerId } from '../../../hub/domain/ids';
import type { Inward } from '../../../spawner/inward';
import { createInward } from '../../../spawner/inward';

const A = 'srv-a' as ServerId;
const B = 'srv-b' as ServerId;

let inward: Inward;
beforeEach(() => void (inward = createInward()));
afterEach(() => inward.closeAll());

const door = (change: { readonly host?: string; readonly port?: number; readonly from?: string | null } = {}) => ({ host: '127.0.0.1', port: 0, from: null, ...change });

/** What a client reads until the other side ends the connection. */
async function dial(port: number, host = '127.0.0.1', localAddress = '127.0.0.1'): Promise<string> {
  const socket = connect({ host, port, localAddress });
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString())).on('error', () => undefined);
  await once(socket, 'close');
  return text;
}

test('a connection is handed over with the server whose door it came through', async () => {
  inward.onConnection((server, socket) => void socket.end(server));
  const [a, b] = [await inward.open(A, door()), await inward.open(B, door())];
  expect(await dial(a)).toBe(A);
  expect(await dial(b)).toBe(B);
});

test('J03: somebody who comes from another address than that lab\'s is refused', async () => {
  const seen: ServerId[] = [];
  inward.onConnection((server, socket) => {
    seen.push(server);
    socket.end('hub');
  });
  const port = await inward.open(A, door({ from: '127.0.0.2' }));
  expect(await dial(port)).toBe('');
  expect(seen).toEqual([]);
  expect(await dial(port, '127.0.0.1', '127.0.0.2')).toBe('hub');
});

test('without a listener a connection is closed, and after unsubscribing as well', async () => {
  const port = await inward.open(A, door());
  expect(await dial(port)).toBe('');
  const stop = inward.onConnection((_server, socket) => void socket.end('hub'));
  expect(await dial(port)).toBe('hub');
  stop();
  expect(await dial(port)).toBe('');
});

test('opening twice changes nothing; closing ends what came through, and the port', async () => {
  const given: Socket[] = [];
  inward.onConnection((_server, socket) => void given.push(socket.resume()));
  const port = await inward.open(A, door());
  expect(await inward.open(A, door())).toBe(port);
  const held = dial(port);
  while (given.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await inward.close(A);
  expect(await held).toBe('');
  expect(given[0]?.destroyed).toBe(true);
  const socket = connect({ host: '127.0.0.1', port });
  expect((await once(socket, 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' });
  await inward.close(A);
});

test('J03: an address that was used again belongs to the new server, whatever was left of the old one', async () => {
  inward.onConnection((server, socket) => void socket.end(server));
  const port = await inward.open(A, door({ host: '127.0.0.3' }));
  await inward.open(B, door({ host: '127.0.0.3', port }));
  expect(inward.portOf(A, '127.0.0.3')).toBeNull();
  expect(await dial(port, '127.0.0.3')).toBe(B);
});

test('a port that something else uses is an error of the one who opens it', async () => {
  const other = createInward();
  const port = await other.open(A, door());
  await expect(inward.open(B, door({ port }))).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await other.closeAll();
  expect(await inward.open(B, door({ port }))).toBe(port);
});
