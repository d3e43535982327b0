import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface PretendedInternet {
  /** A public address with a web server, behind this host. */
  readonly address: string;
  /** This host's own address on the way there. */
  readonly gateway: string;
  /** Private and metadata addresses with the same web server, which this host reaches. */
  readonly private: readonly string[];
  readonly port: number;
  /** Whether a connection from there to that address is accepted or refused by anything. */
  reaches(host: string, port: number): boolean;
  close(): Promise<void>;
}

const ADDRESS = '203.0.113.2';
const GATEWAY = '203.0.113.1';
const PRIVATE = ['10.99.99.2', '172.31.255.2', '192.168.199.2', '169.254.169.254', '100.64.99.2'];
const PORT = 8080;
const SERVE = `require('node:http').createServer((_, res) => res.end('internet')).listen(${PORT}, '0.0.0.0', () => console.log('up'))`;
const DIAL = `const [host, port] = process.argv.slice(1); const s = require('node:net').connect({ host, port, timeout: 2000 }); const end = (ok) => { console.log(ok); process.exit(); }; s.on('connect', () => end(true)).on('timeout', () => end(false)).on('error', (e) => end(e.code === 'ECONNREFUSED'));`;
const PREFIX = 'berth-inet-';

/**
 * A network of its own behind this host, with addresses that nobody else has: public ones of the documentation range and private ones that
 * this host has a way to. What a lab reaches of it, it would reach of the real thing.
 */
export async function pretendInternet(): Promise<PretendedInternet> {
  sweep();
  const [name, here, there] = [`${PREFIX}${process.pid}`, `bi${process.pid}h`, `bi${process.pid}n`];
  ip('netns', 'add', name);
  ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name);
  ip('addr', 'add', `${GATEWAY}/30`, 'dev', here);
  ip('link', 'set', here, 'up');
  for (const address of [`${ADDRESS}/30`, ...PRIVATE.map((p) => `${p}/32`)]) ip('-n', name, 'addr', 'add', address, 'dev', there);
  for (const link of ['lo', there]) ip('-n', name, 'link', 'set', link, 'up');
  ip('-n', name, 'route', 'add', 'default', 'via', GATEWAY);
  for (const address of PRIVATE) ip('route', 'add', `${address}/32`, 'via', ADDRESS);
  const server = spawn('ip', ['netns', 'exec', name, process.execPath, '-e', SERVE], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(server.stdout, 'data');
  const close = async (): Promise<void> => {
    const ended = once(server, 'exit');
    server.kill();
    await ended;
    ip('netns', 'del', name);
  };
  return { address: ADDRESS, gateway: GATEWAY, private: PRIVATE, port: PORT, reaches: (host, port) => execFileSync('ip', ['netns', 'exec', name, process.execPath, '-e', DIAL, host, String(port)], { encoding: 'utf8' }).trim() === 'true', close };
}

const ip = (...args: readonly string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

/** What a run that was killed left; its links and routes go with it. */
function sweep(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const pid = new RegExp(`^${PREFIX}(\\d+)`).exec(line)?.[1];
    if (pid !== undefined && !alive(Number(pid))) ip('netns', 'del', `${PREFIX}${pid}`);
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM';
  }
}
