import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { runCli } from '../../hub/cli/program';
import type { UserName } from '../../hub/domain/ids';
import type { UserId } from '../../hub/domain/ids';
import type { ImportReport } from '../../hub/domain/jupyterhub';
import { recogniseToken } from '../../hub/services/foreign-tokens';
import { openStore } from '../../hub/store/create-store';
import type { Store } from '../../hub/store/store';
import { LABEL } from '../../spawner/labels';
import { volumesOf } from '../support/volumes';
import { engine, inLab, requestFor, sleeper, startOptions, startTestEngine, TEST_IMAGE, type TestEngine } from '../support/test-engine';

jest.setTimeout(120_000);

/** The image with the Debian package of JupyterHub 5.2.1. */
const JUPYTERHUB_IMAGE = 'berth/notebook:latest';
const WRITE = path.resolve(__dirname, '../fixtures/jupyterhub/write.py');

let test_: TestEngine;
let folder: string;
let volume: string;
let secrets: { readonly passwords: Readonly<Record<string, string>>; readonly tokens: Readonly<Record<string, string>> };
let store: Store | undefined;

const docker = (...args: readonly string[]) => promisify(execFile)('docker', ['run', '--rm', '--label', `${LABEL.run}=${test_.run}`, '--network', 'none', ...args]);

beforeAll(async () => {
  test_ = await startTestEngine();
  folder = await mkdtemp(path.join(tmpdir(), 'berth-import-'));
  const { stdout } = await docker('--user', `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`, '-v', `${WRITE}:/write.py:ro`, '-v', `${folder}:/out`, '-w', '/tmp', '--entrypoint', 'python3', JUPYTERHUB_IMAGE, '/write.py', '/out/jupyterhub.sqlite');
  secrets = JSON.parse(stdout) as typeof secrets;
  volume = `old-${test_.run}-alice`;
  await engine.createVolume({ Name: volume, Labels: { [LABEL.run]: test_.run } });
  await docker('--user', '0:0', '-v', `${volume}:/work`, '--entrypoint', 'sh', TEST_IMAGE, '-c', 'echo years of work > /work/thesis && chown -R 1000:100 /work');
});
afterAll(async () => {
  store?.close();
  await test_.close();
  await rm(folder, { recursive: true, force: true });
});

async function run(...args: readonly string[]): Promise<ImportReport> {
  const out: string[] = [];
  const io = { env: {}, cwd: folder, out: (line: string) => void out.push(line), note: (line: string) => void out.push(line), ask: () => Promise.reject(new Error('asked')) };
  const code = await runCli(['import', 'jupyterhub', 'jupyterhub.sqlite', '--json', '--volumes', `old-${test_.run}-{username}`, ...args], io);
  if (code !== 0) throw new Error(out.join('\n'));
  return JSON.parse(out.join('\n')) as ImportReport;
}

test('a database that JupyterHub itself wrote comes over: accounts, tokens, and the volume with its files', async () => {
  const dry = await run('--dry-run');
  const report = await run('--yes');
  expect(report).toEqual(dry);
  expect(report.came.filter((line) => line.kind === 'volume')).toEqual([{ kind: 'volume', name: 'alice', detail: `${volume} as workspace` }]);
  expect((await run('--yes')).came).toEqual([]);

  const opened = (store = openStore(path.join(folder, 'state', 'hub.sqlite')));
  const alice = opened.users.byName('alice' as UserName);
  expect(opened.users.byName('root-admin' as UserName)).toMatchObject({ admin: true, status: 'active' });
  expect(opened.users.byName('dave' as UserName)).toMatchObject({ status: 'pending' });
  expect(recogniseToken(opened, secrets.tokens['inherit'] ?? '')?.owner).toBe(alice?.id);
  expect(recogniseToken(opened, secrets.tokens['chosen'] ?? '')?.owner).toBe(alice?.id);

  const { spawner } = test_;
  const adopted = opened.volumes.listOf(alice?.id as UserId);
  expect(adopted).toMatchObject([{ purpose: 'workspace', name: volume, state: 'active', generation: 1 }]);
  const req = requestFor('alice', { ownerId: alice?.id as UserId, profile: sleeper(), volumes: [...volumesOf(alice?.id as UserId).filter(({ purpose }) => purpose !== 'workspace'), ...adopted] });
  const handle = await spawner.start(req, startOptions());
  expect((await inLab(handle, 'sh', '-c', 'cat ~/work/thesis && echo more >> ~/work/thesis && stat -c %u:%g ~/work ~/.cache')).out.split('\n')).toEqual(['years of work', '1000:100', '1000:100']);
  await spawner.stop(handle, { graceMs: 0 });

  // It carries no label of this hub, and only its owner's removal ends it.
  expect((await spawner.listVolumes(req.owner.id)).map(({ purpose }) => purpose).sort()).toEqual(['cache', 'home']);
  await spawner.removeVolumes(volumesOf(req.owner.id));
  expect((await engine.getVolume(volume).inspect()).Name).toBe(volume);
  await spawner.removeVolumes(req.volumes);
  await expect(engine.getVolume(volume).inspect()).rejects.toMatchObject({ statusCode: 404 });
});

test('a volume that carries a hub\'s label is never adopted', async () => {
  const name = `old-${test_.run}-labelled`;
  await engine.createVolume({ Name: name, Labels: { [LABEL.run]: test_.run, [LABEL.instance]: 'another hub' } });
  expect([...(await test_.spawner.unclaimed([name, `old-${test_.run}-absent`]))]).toEqual([]);
});
