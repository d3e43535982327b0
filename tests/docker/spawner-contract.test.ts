import { createDockerSpawner } from '../../spawner/docker/docker-spawner';
import { systemClock } from '../../hub/domain/runtime';
import { LABEL } from '../../spawner/labels';
import { describeSpawner } from '../contracts/describe-spawner';
import { SECRET, TEST_IMAGE, containerOf, engine, requestFor, silentLog, startTestEngine } from '../support/test-engine';

jest.setTimeout(60_000);

describeSpawner('docker', async () => {
  const test = await startTestEngine();
  // The check proves isolation elsewhere; here it would only take time.
  const spawner = test.another({ probeImage: null });
  return {
    spawner,
    secret: SECRET,
    request: (owner) => requestFor(owner),
    kill: async (handle) => {
      await containerOf(handle).kill();
    },
    occupy: async (req) => {
      const foreign = await engine.createContainer({ name: `${test.settings.namePrefix}${req.owner.name}`, Image: TEST_IMAGE, Cmd: ['true'], Labels: { [LABEL.run]: test.run } });
      return async () => (await foreign.inspect()).Id === foreign.id;
    },
    otherHub: (instance) => test.another({ instance }),
    close: () => test.close(),
  };
});

test('an engine that does not answer is unavailable, in words, and checks say so', async () => {
  const spawner = createDockerSpawner({ ...(await settingsOf()), host: 'unix:///nowhere/docker.sock' }, { clock: systemClock, log: silentLog });
  await expect(spawner.inspect({ spawner: 'docker', id: 'jupyterlab-x/1' })).rejects.toMatchObject({ code: 'unavailable', message: 'Docker is not available: it does not answer.' });
  expect(await spawner.check()).toEqual({ ok: false, checks: [{ name: 'engine', ok: false, level: 'required', ms: expect.any(Number), detail: 'Docker is not available: it does not answer.' }] });
  await spawner.close();
});

async function settingsOf() {
  const test = await startTestEngine();
  await test.close();
  return test.settings;
}
