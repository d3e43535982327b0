import { createFirewall } from '../../spawner/docker/firewall';
import { weakParts, factsOf } from '../../spawner/docker/versions';
import { PROBER } from '../../spawner/docker/probe-scripts';
import { findingsIn } from '../../spawner/docker/isolation-probe';
import type { Target } from '../../spawner/docker/probe-targets';
import { LABEL } from '../../spawner/labels';
import { engine, startTestEngine, TEST_IMAGE, type TestEngine } from '../support/test-engine';

jest.setTimeout(90_000);

let test_: TestEngine;
beforeAll(async () => {
  test_ = await startTestEngine({ networkPool: '10.231.0.0/20', internalPort: 8097, strictVersions: true });
});
afterAll(() => test_.close());

test('J08 J09: the probe finds what a container without a lab\'s settings may do, so its silence means something', async () => {
  const targets: Target[] = [{ host: '127.0.0.1', port: 1, row: 'host', is: 'this host' }, { host: '127.0.0.1', port: 1, row: 'hub', is: 'the hub', wanted: true }];
  const container = await engine.createContainer({ Image: TEST_IMAGE, User: '0:0', Entrypoint: ['python3', '-c', PROBER], Cmd: [], Env: [`TARGETS=${JSON.stringify(targets)}`], Labels: { [LABEL.run]: test_.run }, HostConfig: { NetworkMode: 'none' } });
  await container.start();
  await container.wait();
  const text = (await container.logs({ stdout: true })).toString('utf8').replace(/[^\x20-\x7e\n]/g, '');
  const { wrong } = findingsIn(text.split('\n').map((line) => line.replace(/^[^{t]*(?=\{|tried )/, '')).join('\n'), targets);
  expect(wrong.privileges.join()).toMatch(/AF_PACKET.*AF_INET.*CapEff.*CapBnd.*NoNewPrivs.*root/);
  // Refused is answered: the way is open. And who refuses is not the hub.
  expect([wrong.host, wrong.hub]).toEqual([['this host at 127.0.0.1 port 1'], ['the hub at 127.0.0.1 port 1']]);
});

test('J24: the versions of this very engine are judged, and strictly only where that is wanted', async () => {
  const weak = weakParts(factsOf(await engine.version(), (await engine.info()) as { Plugins?: null }));
  const strict = await test_.spawner.check();
  const row = strict.checks.find(({ name }) => name === 'versions');
  expect(row).toMatchObject({ ok: weak.length === 0, level: 'required' });
  for (const sentence of weak) expect(row?.detail).toContain(sentence);
  // The row alone decides: everything else holds here.
  expect(strict.ok).toBe(weak.length === 0);
  expect(strict.checks.filter(({ name, ok }) => name !== 'versions' && !ok)).toEqual([]);
});

test('an image that is not there is asked for, and when nobody has it, isolation is not proven', async () => {
  const check = await test_.another({ probeImage: 'localhost:1/nobody/has-this:1' }).check();
  expect(check.ok).toBe(false);
  expect(check.checks.at(-1)).toMatchObject({ name: 'isolation', ok: false, detail: expect.stringContaining('no registry could provide it') });
});

test('the guard looks at engine and rules without starting anything', async () => {
  expect(await test_.spawner.guard()).toMatchObject({ name: 'firewall', ok: true, level: 'required' });
  expect(await createFirewall({ internalPort: 8097 }).check()).toMatchObject({ ok: true });
  const away = test_.another({ host: 'unix:///nowhere/docker.sock' });
  expect(await away.guard()).toMatchObject({ name: 'engine', ok: false });
});
