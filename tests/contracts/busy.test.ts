import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isBusy } from '../../spawner/busy';

let server: Server;
let origin: string;
let answer: { readonly status: number; readonly body: string };
let seen: string[];

beforeEach(async () => {
  seen = [];
  server = createServer((req, res) => {
    seen.push(`${req.url} ${req.headers.authorization}`);
    res.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));

const ask = (): Promise<boolean> => isBusy({ origin, prefix: '/user/alice/', secret: 's3cret', signal: AbortSignal.timeout(5_000) });
const kernels = (...states: string[]): void => void (answer = { status: 200, body: JSON.stringify(states.map((execution_state) => ({ execution_state }))) });

describe('M14: whether a server works, by its own word', () => {
  it('a kernel that runs a cell keeps it', async () => {
    kernels('idle', 'busy');
    expect(await ask()).toBe(true);
    expect(seen).toEqual(['/user/alice/api/kernels token s3cret']);
  });

  it('idle kernels, or none, do not', async () => {
    kernels('idle', 'starting');
    expect(await ask()).toBe(false);
    kernels();
    expect(await ask()).toBe(false);
  });

  it.each([
    [403, '{}'],
    [200, 'not JSON'],
    [200, '{"message":"no list"}'],
    [200, `["${'x'.repeat(1_100_000)}"]`],
  ])('an answer of %i that is no list of kernels is not the same as idle', async (status, body) => {
    answer = { status, body };
    await expect(ask()).rejects.toThrow();
  });
});
