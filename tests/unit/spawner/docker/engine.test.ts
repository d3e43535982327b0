import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDockerClient } from '../../../../spawner/docker/client';
import { engineStatus } from '../../../../spawner/docker/engine-error';
import { createImages } from '../../../../spawner/docker/pull';
import { createFakeClock } from '../../../support/fake-clock';

let dir: string;
let server: Server;
let answer: (req: IncomingMessage, res: ServerResponse) => void;
const seen: string[] = [];
const clock = createFakeClock();
let client: ReturnType<typeof createDockerClient>;

beforeEach(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'berth-engine-'));
  seen.length = 0;
  server = createServer((req, res) => {
    // Asked once, before everything else.
    if (req.url === '/version') return json(res, 200, {});
    seen.push(`${req.method} ${req.url}`);
    answer(req, res);
  }).listen(path.join(dir, 'docker.sock'));
  await new Promise((resolve) => server.once('listening', resolve));
  client = createDockerClient({ host: `unix://${path.join(dir, 'docker.sock')}`, clock });
});
afterEach(async () => {
  client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true });
});

const inspect = (signal?: AbortSignal) => client.call({ what: 'look', ms: 5_000, run: (d, abortSignal) => d.getContainer('x').inspect({ abortSignal }), ...(signal === undefined ? {} : { signal }) });
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};
const json = (res: ServerResponse, status: number, value: unknown): void => void res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));

test('O01: an engine that hangs makes a call fail at its deadline, as unavailable', async () => {
  answer = () => undefined;
  const call = inspect();
  await until(() => seen.length === 1);
  clock.advance(5_000);
  await expect(call).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 10 });
});

test('O01: a half answer that never ends fails at the deadline, too', async () => {
  answer = (_, res) => void res.writeHead(200, { 'Content-Length': '100' }).write('{"Id"');
  const call = inspect();
  await until(() => seen.length === 1);
  clock.advance(5_000);
  await expect(call).rejects.toMatchObject({ code: 'unavailable' });
});

test('O01: at most fifty calls are under way, and the others wait for their turn', async () => {
  const held: ServerResponse[] = [];
  answer = (_, res) => void held.push(res);
  const calls = Array.from({ length: 60 }, () => inspect());
  await until(() => held.length === 50);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toHaveLength(50);
  held.splice(0).forEach((res) => json(res, 200, { Id: 'x' }));
  await until(() => held.length === 10);
  held.forEach((res) => json(res, 200, { Id: 'x' }));
  expect(await Promise.all(calls)).toHaveLength(60);
});

test('a caller that gives up is not kept waiting', async () => {
  answer = () => undefined;
  const abort = new AbortController();
  const call = inspect(abort.signal);
  abort.abort();
  await expect(call).rejects.toMatchObject({ name: 'HubError' });
});

test.each([
  [404, 'No such container: x', 'not-found'],
  [409, 'Conflict. The container name "/x" is already in use', 'conflict'],
  [500, 'write /var/lib/docker/x: no space left on device', 'unavailable'],
  [500, 'OCI runtime create failed: exec: "nope": executable file not found in $PATH', 'spawn-failed'],
  [500, 'something with /var/lib/docker/secret/path', 'spawn-failed'],
])('O06: status %i "%s" becomes %s, without the engine\'s own words', async (status, message, code) => {
  answer = (_, res) => json(res, status, { message });
  const err = await inspect().catch((e: unknown) => e);
  expect(err).toMatchObject({ name: 'HubError', code });
  expect(engineStatus(err)).toBe(status);
  expect((err as Error).message).not.toMatch(/\/var\/lib|"nope"/);
});

test.each([['HTML', '<html>'], ['nothing', '']])('O06: a 500 with %s as its body is an error, not a crash', async (_name, body) => {
  answer = (__, res) => void res.writeHead(500).end(body);
  await expect(inspect()).rejects.toMatchObject({ code: 'spawn-failed' });
});

test('M06: two starts share one pull and both see its bytes', async () => {
  let pull: ServerResponse | null = null;
  let there = false;
  answer = (req, res) => (req.method === 'POST' ? void (pull = res.writeHead(200)) : there ? json(res, 200, { Id: 'sha256:1' }) : json(res, 404, { message: 'No such image' }));
  const images = createImages(client, clock);
  const progress: (readonly [number, number | null, number])[] = [];
  const both = [images.ensure('img:1', ({ receivedBytes, totalBytes, layers }) => progress.push([receivedBytes, totalBytes, layers.done]), new AbortController().signal), images.ensure('img:1', () => undefined, new AbortController().signal)];
  await until(() => pull !== null && seen.filter((s) => s.startsWith('GET')).length === 2);
  const send = (line: object): void => void pull?.write(`${JSON.stringify(line)}\n`);
  send({ status: 'Pulling fs layer', id: 'a' });
  send({ status: 'Pulling fs layer', id: 'b' });
  send({ status: 'Downloading', id: 'a', progressDetail: { current: 5, total: 10 } });
  await until(() => progress.some(([r]) => r === 5));
  send({ status: 'Downloading', id: 'b', progressDetail: { current: 20, total: 20 } });
  send({ status: 'Pull complete', id: 'a' });
  there = true;
  pull!.end();
  expect(await Promise.all(both)).toEqual(['sha256:1', 'sha256:1']);
  expect(progress).toContainEqual([5, null, 0]);
  expect(progress.at(-1)).toEqual([30, 30, 2]);
  expect(seen.filter((s) => s.startsWith('POST'))).toEqual(['POST /images/create?fromImage=img&tag=1']);
});

test('M06: a pull goes on while one still waits, and ends when nobody does', async () => {
  let gone = false;
  answer = (req, res) => {
    if (req.method === 'GET') return json(res, 404, { message: 'No such image' });
    res.on('close', () => (gone = true));
    res.writeHead(200);
    tick = setInterval(() => res.write('{"status":"Pulling"}\n'), 5);
  };
  let tick: NodeJS.Timeout | undefined;
  let joined = 0;
  const told = new Set<AbortController>();
  const images = createImages(client, clock);
  const aborts = [new AbortController(), new AbortController()];
  const waiting = aborts.map((a) => images.ensure('img', () => (told.add(a), (joined = told.size)), a.signal).catch((e: unknown) => e));
  // Both have asked for the image and joined the pull.
  await until(() => seen.some((s) => s.startsWith('POST')) && joined === 2);
  aborts[0]?.abort();
  expect(await waiting[0]).toMatchObject({ name: 'HubError' });
  expect(gone).toBe(false);
  aborts[1]?.abort();
  await waiting[1];
  await until(() => gone);
  clearInterval(tick);
});

test('M06: a registry that stops sending is given up; one that refuses leads to what to do', async () => {
  answer = (req, res) => (req.method === 'GET' ? json(res, 404, { message: 'No such image' }) : void res.writeHead(200).write('{"status":"Pulling"}\n'));
  const images = createImages(client, clock);
  const stalled = images.ensure('img', () => undefined, new AbortController().signal);
  await until(() => seen.some((s) => s.startsWith('POST')));
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(120_000);
  await expect(stalled).rejects.toMatchObject({ code: 'unavailable' });
  answer = (req, res) => json(res, req.method === 'GET' ? 404 : 500, { message: 'Get "https://registry": dial tcp: lookup failed' });
  await expect(images.ensure('img', () => undefined, new AbortController().signal)).rejects.toMatchObject({ code: 'spawn-failed', message: expect.stringContaining('berth images build') });
});

test('an engine elsewhere is known as such, and an address that is none is refused', () => {
  expect(createDockerClient({ host: 'tcp://10.0.0.5:2375', clock }).local).toBe(false);
  expect(() => createDockerClient({ host: 'ssh://x', clock })).toThrow(expect.objectContaining({ code: 'invalid-input' }));
});
