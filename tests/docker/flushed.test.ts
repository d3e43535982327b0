import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from '../../hub/cli/program';
import { connectLocal } from '../../hub/local-socket';
import { startHubProcess, SMALL_IMAGE, type HubProcess } from '../support/hub-process';
import { startSecondEngine, type SecondEngine } from '../support/second-engine';
import { eventually, TEST_IMAGE } from '../support/test-engine';

jest.setTimeout(180_000);

interface Report {
  readonly ok: boolean;
  readonly blocked: string | null;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly level: string; readonly detail: string; readonly at: string; readonly ms: number }[];
}

/** A wrapper of iptables that fails while a file lies beside it: how a machine is on which nothing can be repaired. */
function breakable(): { readonly folder: string; readonly stuck: string; readonly path: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'berth-iptables-'));
  const stuck = path.join(folder, 'stuck');
  for (const name of ['iptables', 'ip6tables']) {
    const real = execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    const file = path.join(folder, name);
    writeFileSync(file, `#!/bin/sh\nif [ -e ${stuck} ]; then echo 'locked by a test' >&2; exit 4; fi\nexec ${real} "$@"\n`);
    chmodSync(file, 0o755);
  }
  return { folder, stuck, path: `${folder}:${process.env.PATH ?? ''}` };
}

describe('a hub whose firewall is taken away, on an engine of its own', () => {
  let second: SecondEngine;
  let hub: HubProcess;
  let env: Record<string, string>;
  const tool = breakable();

  beforeAll(async () => {
    second = await startSecondEngine();
    await second.load(TEST_IMAGE);
    env = { HUB_DOCKER_HOST: second.host, HUB_DATA_DIR: '', PATH: tool.path };
    hub = await startHubProcess({ HUB_DOCKER_HOST: second.host, PATH: tool.path }, SMALL_IMAGE, second.inside);
    env['HUB_DATA_DIR'] = path.join(hub.dataDir, 'state');
    for (const name of ['alice', 'bob']) await ask('POST', `users/${name}`, {});
  });
  afterAll(async () => {
    rmSync(tool.stuck, { force: true });
    await hub?.dispose();
    await second?.close();
    rmSync(tool.folder, { recursive: true, force: true });
  });

  const ask = (method: string, what: string, body?: unknown): Promise<unknown> => connectLocal(env['HUB_DATA_DIR'] ?? '').request(method, `/hub/api/${what}`, body);
  const report = async (): Promise<Report> => (await ask('GET', 'admin/health')) as Report;
  const prove = async (): Promise<Report> => (await ask('POST', 'admin/health/checks', {})) as Report;
  const failing = ({ checks }: Report): readonly string[] => checks.filter(({ ok, level }) => !ok && level === 'required').map(({ name, detail }) => `${name}: ${detail}`);
  const runs = async (name: string): Promise<boolean> => ((await ask('GET', `users/${name}`)) as { readonly server: string | null }).server !== null;
  const flush = (): void => void second.iptables('-F');
  const isGuarded = (): boolean => second.iptables('-S').includes('-i nb+ -j BERTH-INPUT');
  async function doctor(): Promise<{ readonly code: number; readonly out: string }> {
    const out: string[] = [];
    const code = await runCli(['doctor', '--json'], { env, cwd: hub.dataDir, out: (line) => void out.push(line), note: () => undefined, ask: () => Promise.reject(new Error('asked')) });
    return { code, out: out.join('\n') };
  }

  test('J23: before anything happens, isolation is proven there, and a server starts', async () => {
    expect(failing(await prove())).toEqual([]);
    await ask('POST', 'users/alice/server', {});
    await eventually('her server runs', () => runs('alice'), 60_000);
    expect(isGuarded()).toBe(true);
  });

  test('J23: a flush of the whole firewall is noticed within a minute, repaired and proven again', async () => {
    flush();
    expect(isGuarded()).toBe(false);
    const flushed = Date.now();
    await eventually('the rules are back', isGuarded, 60_000);
    await eventually('it is proven again', async () => (await report()).ok && (await report()).checks.some(({ name, at }) => name === 'host' && Date.parse(at) >= flushed), 60_000);
    expect(hub.output()).toContain('isolation.repaired');
    expect(await runs('alice')).toBe(true);
    // Whatever leads there: the packets of a lab meet our chains, also while Docker's own are gone.
    const rules = second.iptables('-S');
    expect(rules).toMatch(/-A BERTH-FORWARD -j DROP/);
    expect(rules).toMatch(/-A FORWARD (?:-o nb\+ -j BERTH-FORWARD|-j DOCKER-USER)/);
  });

  test('J23: while it cannot be repaired, new servers are refused with the reason, and those that run go on', async () => {
    writeFileSync(tool.stuck, '');
    flush();
    expect(await doctor()).toMatchObject({ code: 1, out: expect.stringContaining('locked by a test') });
    expect(await report()).toMatchObject({ ok: false, blocked: expect.stringContaining('firewall rules of this machine are not in place') });
    await expect(ask('POST', 'users/bob/server', {})).rejects.toMatchObject({ status: 503, message: expect.stringContaining('firewall rules of this machine are not in place') });
    expect([await runs('alice'), await runs('bob')]).toEqual([true, false]);
    // The probe saw it as well: what the rules keep away was reached.
    expect(failing(await report()).join()).toContain('this host at');
  });

  test('J23: as soon as it can be repaired, servers start again', async () => {
    expect(existsSync(tool.stuck)).toBe(true);
    rmSync(tool.stuck);
    expect(await doctor()).toMatchObject({ code: 0 });
    await ask('POST', 'users/bob/server', {});
    await eventually('his server runs', () => runs('bob'), 60_000);
  });
});
