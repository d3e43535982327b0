import { connect, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { parseConfig } from '../../hub/config';
import { createListener, listen, open, shut } from '../../hub/listener';
import type { Proxy } from '../../proxy/contract';

const AT = { listen: { host: '127.0.0.1', port: 0 }, trustedProxies: [], docker: parseConfig({}).docker };
const warnings: unknown[] = [];
const log = { warn: (fields: object) => void warnings.push(fields) };
const unused = (): never => {
  throw new Error('not expected');
};
const proxy: Proxy = { request: (_req, res) => void res.end('proxied'), checkContinue: unused, upgrade: unused, drain: unused, revoke: unused, revokeUser: unused, recheck: unused, counts: unused, close: unused };

describe('the public listener', () => {
  it('tells early callers to come back, and serves them once it is open', async () => {
    const server = createListener(log);
    const url = `http://127.0.0.1:${await listen(server, AT)}/hub/home`;
    const early = await fetch(url);
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '1']);
    open(server, proxy);
    expect(await (await fetch(url)).text()).toBe('proxied');
    const closed = shut(server);
    server.closeAllConnections();
    await closed;
  });

  it('N11: says what to do about a port that is taken', async () => {
    const first = createListener(log);
    await listen(first, AT);
    const { port } = first.address() as AddressInfo;
    await expect(listen(createListener(log), { ...AT, listen: { host: '127.0.0.1', port } })).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('HUB_LISTEN_PORT') });
    await shut(first);
  });

  it('N11: says what to do about an address that is not this machine\'s', async () => {
    await expect(listen(createListener(log), { ...AT, listen: { host: '192.0.2.77', port: 0 } })).rejects.toMatchObject({ message: expect.stringContaining('HUB_LISTEN_HOST') });
  });

  it('Q05: a connection that cannot be accepted ends nothing', async () => {
    const server = createListener(log);
    await listen(server, AT);
    warnings.length = 0;
    server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    expect(warnings).toHaveLength(1);
    expect(server.listening).toBe(true);
    await shut(server);
  });

  it('J03: as `front` it answers on every own address but those in the servers\' networks, and its end closes them all', async () => {
    const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []).filter((each) => each.family === 'IPv4' && !each.internal).map((each) => each.address);
    const [inPool = ''] = own;
    const server = createListener(log);
    // The machine's first address plays a server's network; a machine with that one only has nothing else to listen on.
    const front = { ...AT, listen: { host: 'front', port: 0 }, docker: { ...AT.docker, networkPool: own.length > 1 ? `${inPool}/32` : '198.18.0.0/15' } };
    const port = await listen(server, front);
    open(server, proxy);
    const expected = ['127.0.0.1', ...(own.length > 1 ? own.filter((address) => address !== inPool) : own)];
    expect(await Promise.all(expected.map((host) => fetch(`http://${host}:${port}/`).then((answer) => answer.text())))).toEqual(expected.map(() => 'proxied'));
    if (own.length > 1) expect(await reached(inPool, port)).toBe(false);
    const closed = shut(server);
    server.closeAllConnections();
    await closed;
    expect(await Promise.all(expected.map((host) => reached(host, port)))).toEqual(expected.map(() => false));
  });
});

const reached = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false)).once('close', () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });
