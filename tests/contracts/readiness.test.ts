import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HubError } from '../../hub/domain/errors';
import { systemClock } from '../../hub/domain/runtime';
import { waitUntilReady } from '../../spawner/readiness';
import type { Health } from '../../spawner/spawner';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((s) => new Promise((resolve) => s.close(resolve).closeAllConnections())));
});

async function serve(handler: (req: IncomingMessage, res: ServerResponse) => void): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const jupyter = (req: IncomingMessage, res: ServerResponse): void => {
  if (req.url === '/user/a/api') return void res.end('{"version":"2.15.0"}');
  res.statusCode = req.headers.authorization === 'token s' ? 200 : 403;
  res.end('{}');
};
const running = async (): Promise<Health> => ({ kind: 'running', origin: '', mode: 'injected' });
const wait = (origin: string, change: Partial<Parameters<typeof waitUntilReady>[0]> = {}): Promise<void> =>
  waitUntilReady({ origin, prefix: '/user/a/', secret: 's', mode: 'injected', health: running, signal: AbortSignal.timeout(400), clock: systemClock, ...change });

test('a server that answers as itself is ready at once', async () => {
  let asked = 0;
  await wait(await serve((req, res) => (asked++, jupyter(req, res))), { signal: AbortSignal.timeout(10_000) });
  // Its version, its status without the secret and with it: nothing was asked twice.
  expect(asked).toBe(3);
});

test('one that answers late is waited for', async () => {
  let asked = 0;
  await wait(await serve((req, res) => (++asked < 4 ? res.writeHead(503).end() : jupyter(req, res))), { signal: AbortSignal.timeout(5_000) });
  expect(asked).toBeGreaterThan(4);
});

test.each([
  ['a page of something else', (_: IncomingMessage, res: ServerResponse) => void res.end('<html>hello</html>'), 'not as Jupyter does'],
  ['JSON of something else', (_: IncomingMessage, res: ServerResponse) => void res.end('{"ok":true}'), 'not as Jupyter does'],
  ['an error', (_: IncomingMessage, res: ServerResponse) => void res.writeHead(500).end(), 'answers 500'],
  ['a server that lets everybody in', (_: IncomingMessage, res: ServerResponse) => void res.end('{"version":"1"}'), 'lets everybody in'],
  ['a server with another secret', (req: IncomingMessage, res: ServerResponse) => void (req.url?.endsWith('/api') ? res.end('{"version":"1"}') : res.writeHead(403).end()), 'does not accept its own secret'],
])('E13: %s is not taken for the server', async (_name, handler, problem) => {
  await expect(wait(await serve(handler))).rejects.toMatchObject({ code: 'spawn-failed', message: expect.stringContaining(problem) });
});

test('M04: silence after accepting, and an endless answer, end with the signal, which does not hide what was wrong', async () => {
  await expect(wait(await serve(() => undefined))).rejects.toMatchObject({ code: 'spawn-failed', message: 'The server did not become ready: it accepts connections and does not answer.' });
  let asked = 0;
  await expect(wait(await serve((_, res) => (asked++ === 0 ? void res.writeHead(500).end() : undefined)))).rejects.toMatchObject({ message: expect.stringContaining('it answers 500') as unknown });
  await expect(wait(await serve((_, res) => void res.write('x'.repeat(200_000))))).rejects.toMatchObject({ code: 'spawn-failed' });
  // The time is over while the engine is asked whether it still runs.
  const signal = AbortSignal.timeout(400);
  const health = () => new Promise<Health>((_, reject) => signal.addEventListener('abort', () => reject(new HubError('spawn-failed', 'Cancelled before Docker could look.'))));
  await expect(wait('http://127.0.0.1:1', { signal, health })).rejects.toMatchObject({ message: 'The server did not become ready: it does not listen yet.' });
});

test('M05: a process that ended is not waited for', async () => {
  const exited: Health = { kind: 'exited', exitCode: 3, oomKilled: false, detail: 'It ended with code 3.' };
  await expect(wait('http://127.0.0.1:1', { health: async () => exited, signal: AbortSignal.timeout(10_000) })).rejects.toMatchObject({ message: 'The server ended while starting. It ended with code 3.' });
});

test('an abort with a reason of ours rejects with that reason', async () => {
  const abort = new AbortController();
  const waiting = wait('http://127.0.0.1:1', { signal: abort.signal });
  abort.abort(new HubError('conflict', 'Stopped by its owner.'));
  await expect(waiting).rejects.toMatchObject({ message: 'Stopped by its owner.' });
});

test('9.1: a single-user image is ready with any answer that is not an error of its own, and is asked nothing else', async () => {
  const seen: string[] = [];
  for (const status of [200, 302, 404, 405]) await wait(await serve((req, res) => void (seen.push(req.url ?? ''), res.writeHead(status, { location: '/elsewhere' }).end())), { mode: 'singleuser' });
  expect(new Set(seen)).toEqual(new Set(['/user/a/api']));
  await expect(wait(await serve((_, res) => void res.writeHead(503).end()), { mode: 'singleuser' })).rejects.toMatchObject({ code: 'spawn-failed', message: expect.stringContaining('answers 503') as unknown });
});
