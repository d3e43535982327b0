import type { InstanceId } from '../../hub/domain/ids';
import { newId } from '../../hub/domain/ids';
import { LABEL, ROLE } from '../../spawner/labels';
import type { TestEngine } from '../support/test-engine';
import { TEST_IMAGE, containerOf, engine, inLab, requestFor, sleeper, startOptions, startTestEngine } from '../support/test-engine';

jest.setTimeout(60_000);

let test_: TestEngine;
beforeEach(async () => {
  test_ = await startTestEngine({ networkPool: '10.223.0.0/16' });
});
// With everything that carries the run's label, these images among it.
afterEach(() => test_.close());

/** An image like the tests' own but for these labels and one file; resolves with its id. */
async function makeImage(tag: string, labels: Readonly<Record<string, string>>, mark: string): Promise<string> {
  const name = `berth-test-${test_.run}`;
  const container = await engine.createContainer({ Image: TEST_IMAGE, Cmd: ['sh', '-c', `echo ${mark} > /mark`], User: '0:0', Labels: { ...labels, [LABEL.run]: test_.run }, HostConfig: { NetworkMode: 'none' } });
  await container.start();
  await container.wait();
  const { Id } = (await container.commit({ repo: name, tag })) as { Id: string };
  await container.remove();
  expect((await engine.getImage(Id).inspect()).Config.Labels).toMatchObject(labels);
  return Id;
}

const others = (change: Readonly<Record<string, string>>) => ({ [LABEL.run]: test_.run, ...change });

test('J26: labels that an image brings along never pass for the hub\'s', async () => {
  const victim = await test_.spawner.start(requestFor('victim', { profile: sleeper() }), startOptions());
  const forged = { [LABEL.instance]: test_.settings.instance, [LABEL.role]: ROLE.lab, [LABEL.server]: victim.id.split('/')[1] ?? '', [LABEL.user]: 'admin', [LABEL.port]: '22' };
  await makeImage('forged', forged, 'forged');
  const req = requestFor('eve', { profile: sleeper({ image: `berth-test-${test_.run}:forged` }) });
  const handle = await test_.spawner.start(req, startOptions());
  expect((await containerOf(handle).inspect()).Config.Labels).toMatchObject({ [LABEL.instance]: test_.settings.instance, [LABEL.role]: ROLE.lab, [LABEL.server]: req.server.id, [LABEL.user]: req.owner.id, [LABEL.port]: '8888' });
  expect((await test_.spawner.list()).map((s) => s.server).sort()).toEqual([victim.id.split('/')[1], req.server.id].sort());
  // Volumes were prepared by a container of that image, too.
  await test_.spawner.stop(handle, { graceMs: 0 });
  expect((await test_.spawner.inspect(victim)).kind).toBe('running');
});

test('J26: the end of an installation and the look for lost servers touch only what carries this hub\'s id', async () => {
  const mine = await test_.spawner.start(requestFor('ann', { profile: sleeper() }), startOptions());
  const [instance, server] = [newId<InstanceId>(), mine.id.split('/')[1] ?? ''];
  const bystanders = [
    others({ [LABEL.instance]: instance, [LABEL.role]: ROLE.lab, [LABEL.server]: server }),
    others({ [LABEL.role]: ROLE.lab, [LABEL.server]: server }),
    others({}),
  ];
  const containers = await Promise.all(bystanders.map(async (Labels, i) => {
    const container = await engine.createContainer({ name: `jupyterlab-ann-${test_.run}-${i}`, Image: TEST_IMAGE, Cmd: ['sleep', '300'], Labels, HostConfig: { NetworkMode: 'none' } });
    await container.start();
    return container;
  }));
  const network = await engine.createNetwork({ Name: `berth-test-${test_.run}`, Internal: true, IPAM: { Driver: 'default', Config: [{ Subnet: '10.219.1.0/28' }] }, Labels: others({ [LABEL.instance]: instance }) });
  expect((await test_.spawner.list()).map((s) => s.handle)).toEqual([mine]);
  await test_.spawner.stop(mine, { graceMs: 0 });
  await test_.spawner.tearDown({ volumes: true });
  for (const container of containers) expect((await container.inspect()).State.Running).toBe(true);
  expect((await network.inspect()).Id).toBe(network.id);
});

test('J27: a server runs the very image that its name meant at the start, and tells which', async () => {
  const name = `berth-test-${test_.run}:approved`;
  const approved = await makeImage('approved', {}, 'approved');
  // The name is moved as soon as the start has begun: after it was read, before the container is made.
  let moved = '';
  const handle = await test_.spawner.start(requestFor('ann', { profile: sleeper({ image: name }) }), startOptions({ onHandle: () => void makeImage('approved', {}, 'moved').then((id) => (moved = id)) }));
  const found = await containerOf(handle).inspect();
  expect(found.Image).toBe(approved);
  expect(found.Config).toMatchObject({ Image: approved, Labels: { [LABEL.image]: name } });
  expect((await inLab(handle, 'cat', '/mark')).out).toBe('approved');
  while (moved === '') await new Promise((resolve) => setImmediate(resolve));
  const later = await test_.spawner.start(requestFor('bea', { profile: sleeper({ image: name }) }), startOptions());
  expect((await containerOf(later).inspect()).Image).toBe(moved);
});
