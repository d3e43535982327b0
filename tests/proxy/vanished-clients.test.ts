import { spawn } from 'node:child_process';
import path from 'node:path';

/** Only root may make a namespace of the network; elsewhere `sudo` has to be there, as for Docker. */
const AS_ROOT = process.getuid?.() === 0 ? [] : ['sudo', '-n'];

async function inNamespace(...args: readonly (string | number)[]): Promise<Record<string, unknown>> {
  const [program = '', ...rest] = [...AS_ROOT, 'unshare', '-n', process.execPath, path.join(__dirname, '..', 'support', 'blackhole.cjs'), ...args.map(String)];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`ended with ${String(code)}:\n${err}`);
  return JSON.parse(out.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
}

describe('clients that vanish without a word', () => {
  test.concurrent('I02: two hundred silent WebSockets are let go on both sides within two minutes', async () => {
    expect(await inNamespace('silent', 200, 120_000)).toMatchObject({ opened: true, left: 0 });
  }, 150_000);

  test.concurrent('I02: so are those to which the server goes on sending', async () => {
    expect(await inNamespace('chatty', 200, 120_000)).toMatchObject({ opened: true, left: 0 });
  }, 150_000);

  test.concurrent('H10: progress streams are let go within a minute, and make room for their users', async () => {
    const { opened, full, freedMs } = await inNamespace('streams', 240, 60_000);
    expect({ opened, full }).toEqual({ opened: true, full: 429 });
    expect(freedMs).toBeGreaterThan(0);
  }, 150_000);
});
