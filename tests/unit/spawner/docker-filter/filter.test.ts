import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createFilter } from '../../../../spawner/docker-filter/filter';
import { LABEL } from '../../../../spawner/labels';
import { createMemoryLog } from '../../../support/start-hub';

// What the filter sends on, judged at an engine that only writes down what it is asked. tests/docker has the same with a real one.
const MINE = { [LABEL.instance]: 'mine' };
const ID = 'c'.repeat(64);
const NETWORK = 'd'.repeat(64);

let folder: string;
let engine: http.Server;
let filter: http.Server;
let things: Record<string, unknown>;
let asked: string[];
const { log, lines } = createMemoryLog();

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'berth-filter-'));
  asked = [];
  lines.length = 0;
  things = {
    '/containers/mine/json': { Id: ID, Config: { Labels: MINE }, HostConfig: { NetworkMode: 'berth-x' }, NetworkSettings: { Networks: { 'berth-x': { NetworkID: '' } } } },
    [`/containers/${ID}/json`]: { Id: ID, Config: { Labels: MINE }, HostConfig: { NetworkMode: 'berth-x' }, NetworkSettings: { Networks: { 'berth-x': { NetworkID: '' } } } },
    '/networks/berth-x': { Id: NETWORK, Labels: MINE },
    '/networks/foreign': { Id: 'e'.repeat(64), Labels: {} },
    '/volumes/mine': { Name: 'mine', Labels: MINE },
    '/images/berth/hub:latest/json': { Id: 'sha256:1' },
  };
  engine = http.createServer((req, res) => {
    const url = req.url ?? '';
    asked.push(`${req.method} ${url}`);
    const made = req.method === 'GET' && url in things ? things[url] : req.method === 'POST' || url.includes('/json?') || url.startsWith('/events') ? {} : undefined;
    res.writeHead(made === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(made ?? { message: 'no such thing' }));
  });
  filter = createFilter({ engineSocket: path.join(folder, 'engine.sock'), allowed: { hub: null, folders: [], volumes: [], pools: ['10.213.0.0/16'] }, pin: { get: () => 'mine', set: () => undefined }, log });
  await Promise.all([engine, filter].map((server, at) => new Promise<void>((resolve) => server.listen(path.join(folder, at === 0 ? 'engine.sock' : 'filter.sock'), resolve))));
});
afterEach(async () => {
  await Promise.all([filter, engine].map((server) => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    return closed;
  }));
  rmSync(folder, { recursive: true, force: true });
});

const ask = (method: string, target: string, body?: unknown): Promise<number> =>
  new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const req = http.request({ socketPath: path.join(folder, 'filter.sock'), method, path: target, agent: false, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } }, (res) => {
      res.resume().on('end', () => resolve(res.statusCode ?? 0));
    });
    req.on('error', reject);
    req.end(text);
  });
const filters = (value: unknown): string => encodeURIComponent(JSON.stringify(value));
const own = filters({ label: [`${LABEL.instance}=mine`] });
/** What went on to the engine, besides questions about single things. */
const sent = (): readonly string[] => asked.filter((line) => !(line.slice('GET '.length) in things) && !line.includes('/images/'));

test.each([
  ['an empty list of volumes', '/containers/json?all=1&filters=', { volume: [] }],
  ['volumes that are no list', '/containers/json?all=1&filters=', { volume: 'x' }],
  ['a place in a container instead of a volume', '/containers/json?filters=', { volume: ['/data'] }],
  ['a path instead of a volume', '/containers/json?filters=', { volume: ['x/../../info?'] }],
  ['events of everything whose name begins like a volume that nobody has', '/events?filters=', { volume: ['a'] }],
  ['all volumes', '/volumes?filters=', { volume: [] }],
])('S07: a list is not opened by %s', async (_what, target, value) => {
  expect(await ask('GET', target + filters(value))).toBe(403);
  expect(sent()).toEqual([]);
});

test('S07: containers on its own volumes are listed, and what carries its label', async () => {
  expect(await ask('GET', `/containers/json?all=true&filters=${filters({ volume: ['mine'] })}`)).toBe(200);
  expect(await ask('GET', `/events?filters=${own}`)).toBe(200);
  expect(sent()).toHaveLength(2);
});

test('S07: a parameter goes on once and in one spelling, and an unknown one not at all', async () => {
  expect(await ask('GET', `/containers/json?x=1;filters=%7B%7D&size=1&filters=${own}`)).toBe(200);
  expect(await ask('POST', '/containers/mine/start?checkpoint=x&checkpoint-dir=/tmp')).toBe(200);
  expect(await ask('GET', `/containers/json?filters=${own}&filters=%7B%7D`)).toBe(403);
  expect(sent()).toEqual([`GET /containers/json?${new URLSearchParams({ filters: decodeURIComponent(own) })}`, `POST /containers/${ID}/start`]);
});

test.each([
  ['is gone', { '/networks/berth-x': undefined }],
  ['is somebody else\'s by now', { '/networks/berth-x': { Id: 'e'.repeat(64), Labels: {} } }],
])('S07: a container does not start when the network that it names %s', async (_what, change) => {
  for (const verb of ['start', 'restart']) expect(await ask('POST', `/containers/mine/${verb}`)).toBe(200);
  things = Object.fromEntries(Object.entries({ ...things, ...change }).filter(([, thing]) => thing !== undefined));
  asked = [];
  for (const verb of ['start', 'restart']) expect(await ask('POST', `/containers/mine/${verb}`)).toBe(403);
  expect(asked.filter((line) => line.startsWith('POST'))).toEqual([]);
});

const network = (change: object) => ({ Name: 'berth-y', Driver: 'bridge', Internal: true, IPAM: { Config: [{ Subnet: '10.213.0.16/28', Gateway: '10.213.0.17' }] }, Options: { 'com.docker.network.bridge.name': 'nb0123456789' }, Labels: MINE, ...change });
test('S07: a network is cut from the pool, has an interface of its own, and no name that could be an id', async () => {
  expect(await ask('POST', '/networks/create', network({}))).toBe(200);
  for (const change of [
    { Name: 'e1f0' },
    { IPAM: { Config: [{ Subnet: '192.168.1.0/28' }] } },
    { IPAM: { Config: [{ Subnet: '10.0.0.0/8' }] } },
    { Options: { 'com.docker.network.bridge.name': 'br0' } },
    { Options: { 'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0' } },
    { Labels: { ...MINE, 'com.docker.compose.project': 'berth' } },
  ]) expect({ change, status: await ask('POST', '/networks/create', network(change)) }).toEqual({ change, status: 403 });
  expect(sent()).toHaveLength(1);
});

test('S07: an image is pulled by name and tag, and one that is here keeps its name', async () => {
  expect(await ask('POST', '/images/create?fromImage=registry.example.org%3A5000%2Flab%2Fnotebook&tag=2026.1')).toBe(200);
  expect(await ask('POST', '/images/create?fromImage=berth%2Fhub&tag=latest')).toBe(200);
  for (const query of ['fromImage=berth/hub', 'fromImage=;fromSrc=http://192.0.2.1/x;repo=berth/hub&tag=latest', 'fromImage=berth/hub:latest&tag=x', 'fromImage=x&tag=y&fromSrc=-', 'fromImage=x/../y&tag=z']) {
    expect({ query, status: await ask('POST', `/images/create?${query}`) }).toEqual({ query, status: 403 });
  }
  expect(asked.filter((line) => line.startsWith('POST'))).toEqual(['POST /images/create?fromImage=registry.example.org%3A5000%2Flab%2Fnotebook&tag=2026.1']);
});

test('S07: what a client repeats in the query is neither sent on nor written down', async () => {
  expect(await ask('POST', '/containers/create?name=lab&Env=TOKEN%3Dhush', { Image: 'x', Privileged: true })).toBe(403);
  const body = { Image: 'x', Labels: MINE, HostConfig: { NetworkMode: 'none', CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges:true'] } };
  expect(await ask('POST', '/containers/create?name=lab&Env=TOKEN%3Dhush', body)).toBe(200);
  expect(JSON.stringify([asked, lines])).not.toContain('hush');
  expect(sent()).toEqual(['POST /containers/create?name=lab']);
});
