import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import { startHostileUpstream } from '../support/hostile-upstream';
import { rawClient, type RawClient } from '../support/raw-client';
import { startChild, type Child } from '../support/start-child';
import { ACCEPT, get, upgrade } from '../support/start-proxy';

const MB = 1024 * 1024;

export interface Finding {
  readonly ok: boolean;
  /** What was measured, in one line. */
  readonly said: string;
}

/** Each runs until `deadline` (milliseconds since the epoch) at the longest, and takes away what it started. */
export type Soak = (deadline: number) => Promise<Finding>;

const proxyTo = (origin: string, nodeArgs: readonly string[] = []): Promise<Child> => startChild({ kind: 'proxy', routes: { alice: origin } }, { nodeArgs });

/** H01 in its long form: five gigabytes up, in one request. */
export const bigUpload: Soak = async (deadline) => {
  const BYTES = 5 * 1024 * MB;
  const server = http.createServer((req, res) => {
    const hash = createHash('sha256');
    req.on('data', (chunk: Buffer) => hash.update(chunk)).on('end', () => res.end(hash.digest('hex')));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const proxy = await proxyTo(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
  const before = (await proxy.stats()).rss;
  const sent = createHash('sha256');
  const req = http.request({ port: proxy.port, method: 'PUT', path: '/user/alice/big', headers: { Host: 'hub.test', Authorization: 'token token-alice' } });
  const answer = new Promise<string>((resolve, reject) => {
    req.on('error', reject).on('response', (res) => {
      let text = '';
      res.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve(text));
    });
  });
  const block = randomBytes(MB);
  let bytes = 0;
  let most = before;
  for (; bytes < BYTES && Date.now() < deadline; bytes += MB) {
    block.writeUInt32LE(bytes / MB, 0);
    const chunk = Buffer.from(block);
    sent.update(chunk);
    if (!req.write(chunk)) await new Promise((resolve) => { req.once('drain', resolve); });
    if (bytes % (256 * MB) === 0) most = Math.max(most, (await proxy.stats()).rss);
  }
  req.end();
  const same = (await answer) === sent.digest('hex');
  const grown = (most - before) / MB;
  await proxy.close();
  server.closeAllConnections();
  await new Promise((resolve) => { server.close(resolve); });
  return { ok: same && grown < 64, said: `${bytes / MB} MB sent, ${same ? 'equal' : 'NOT equal'}, the proxy grew by ${grown.toFixed(1)} MB` };
};

/** Q06 and Q07 in their long form: everything mixed, in 160 MB, for as long as there is. */
export const mixedLoad: Soak = async (deadline) => {
  const upstream = await startHostileUpstream();
  const page = `HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`;
  upstream.script(({ socket }) => void socket.on('data', (data: Buffer) => {
    const text = data.toString('latin1');
    if (/^GET .*ws /.test(text)) socket.write(ACCEPT);
    else if (text.startsWith('GET ') || text.endsWith('last')) socket.write(page);
  }));
  const proxy = await proxyTo(upstream.origin, ['--max-old-space-size=160']);
  const held = Array.from({ length: 100 }, () => rawClient(proxy.port, upgrade('/user/alice/ws')));
  const put = `PUT /user/alice/x HTTP/1.1\r\nHost: hub.test\r\nAuthorization: token token-alice\r\nContent-Length: 50000\r\n\r\n${'y'.repeat(49_996)}last`;
  const samples: { readonly at: number; readonly rss: number }[] = [];
  let rounds = 0;
  let lost = 0;
  for (; Date.now() < deadline; rounds += 1) {
    const clients: RawClient[] = Array.from({ length: 60 }, (_, i) => rawClient(proxy.port, i % 3 === 0 ? upgrade('/user/alice/ws') : i % 3 === 1 ? get('/user/alice/x') : put));
    const served = await Promise.allSettled(clients.map((client) => client.until((text) => text.length > 100, 30_000)));
    lost += served.filter(({ status }) => status === 'rejected').length;
    clients.forEach((client, i) => (i % 2 === 0 ? client.reset() : client.destroy()));
    upstream.connections.splice(0, upstream.connections.length, ...upstream.connections.filter((connection) => !connection.closed));
    if (rounds % 20 === 0) samples.push({ at: Date.now(), rss: (await proxy.stats()).rss });
  }
  const open = held.filter(({ ended, failed }) => !ended() && !failed()).length;
  const slope = slopePerHour(samples.slice(Math.floor(samples.length / 4)));
  for (const client of held) client.destroy();
  await proxy.close();
  await upstream.close();
  return { ok: lost === 0 && open === held.length && slope < Math.max(1, 60 / minutes(samples)), said: `${rounds * 60} exchanges, ${lost} lost, ${open} of ${held.length} WebSockets still open, memory ${slope >= 0 ? '+' : ''}${slope.toFixed(2)} MB per hour` };
};

const minutes = (samples: readonly { readonly at: number }[]): number => ((samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0)) / 60_000;

/** Least squares, in megabytes per hour; 0 when there is too little to say. */
function slopePerHour(samples: readonly { readonly at: number; readonly rss: number }[]): number {
  if (samples.length < 3) return 0;
  const mean = (of: (sample: { readonly at: number; readonly rss: number }) => number): number => samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [at, rss] = [mean((s) => s.at), mean((s) => s.rss)];
  const above = samples.reduce((sum, s) => sum + (s.at - at) * (s.rss - rss), 0);
  const below = samples.reduce((sum, s) => sum + (s.at - at) ** 2, 0);
  return below === 0 ? 0 : ((above / below) * 3_600_000) / MB;
}

/** Q10 and Q12 for long: an administrator's lists and strangers, while the hub goes on saying that it is well. */
export const hubPages: Soak = async (deadline) => {
  const hub = await startChild({ kind: 'hub' }, { nodeArgs: ['--max-old-space-size=160'] });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
  const ask = (path: string, headers: Record<string, string> = {}): Promise<number> =>
    new Promise((resolve) => void http.get({ port: hub.port, path, agent, headers }, (res) => res.resume().on('end', () => resolve(res.statusCode ?? 0))).on('error', () => resolve(0)));
  const samples: { readonly at: number; readonly rss: number }[] = [];
  let asked = 0;
  let odd = 0;
  while (Date.now() < deadline) {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => (i === 0 ? ask('/hub/health') : i % 2 === 0 ? ask('/hub/api/users', { Authorization: `token ${hub.about['rootToken'] ?? ''}` }) : ask(i % 3 === 0 ? '/hub/login' : '/hub/api/users'))));
    odd += answers.filter((status) => ![200, 403, 429].includes(status)).length + (answers[0] === 200 ? 0 : 1);
    asked += answers.length;
    if (asked % 2_000 === 0) samples.push({ at: Date.now(), rss: (await hub.stats()).rss });
  }
  agent.destroy();
  const alive = hub.alive();
  await hub.close();
  const slope = slopePerHour(samples.slice(Math.floor(samples.length / 4)));
  return { ok: alive && odd === 0, said: `${asked} requests, ${odd} odd answers, memory ${slope.toFixed(2)} MB per hour` };
};
