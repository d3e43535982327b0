import type { UserId } from '../../hub/domain/ids';
import { newId } from '../../hub/domain/ids';
import { LAYOUTS } from '../../hub/domain/layouts';
import { LABEL, ROLE } from '../../spawner/labels';
import { digest } from '../../spawner/naming';
import type { TestEngine } from '../support/test-engine';
import { TEST_IMAGE, containerOf, engine, inLab, requestFor, sleeper, startOptions, startTestEngine } from '../support/test-engine';

jest.setTimeout(60_000);

let test_: TestEngine;
beforeAll(async () => {
  test_ = await startTestEngine();
});
afterAll(() => test_.close());

const start = async (...args: Parameters<typeof requestFor>) => {
  const req = requestFor(args[0], { ...args[1], profile: sleeper(args[1]?.profile) });
  return { req, handle: await test_.spawner.start(req, startOptions()) };
};

test('new volumes belong to the lab\'s user, and the home begins as the image has it', async () => {
  const { req, handle } = await start('ann');
  const { out } = await inLab(handle, 'sh', '-c', 'stat -c "%u:%g %n" /home/jovyan /home/jovyan/work /home/jovyan/.cache /home/jovyan/.bashrc; stat -c %a /mnt/shared');
  expect(out.split('\n')).toEqual(['1000:100 /home/jovyan', '1000:100 /home/jovyan/work', '1000:100 /home/jovyan/.cache', '1000:100 /home/jovyan/.bashrc', '1777']);
  expect((await test_.spawner.listVolumes(req.owner.id)).map((v) => v.name).sort()).toEqual(['jupyterlab-ann_cache', 'jupyterlab-ann_home', 'jupyterlab-ann_workspace']);
});

test('what a user keeps survives the server, an emptied home stays empty, and its owner is set only once', async () => {
  const { req, handle } = await start('ben');
  await inLab(handle, 'sh', '-c', 'rm -f ~/.bashrc ~/.profile ~/.bash_logout; echo kept > ~/work/file; chmod 700 ~/work');
  await test_.spawner.stop(handle, { graceMs: 0 });
  const again = await test_.spawner.start(req, startOptions());
  expect((await inLab(again, 'sh', '-c', 'cat ~/work/file; stat -c %a ~/work; ls -A ~ | sort')).out.split('\n')).toEqual(['kept', '700', '.cache', 'work']);
});

test('two servers of one user share the volumes and may start together', async () => {
  const ownerId = newId<UserId>();
  const [one, two] = await Promise.all([start('cleo', { ownerId }), start('cleo', { ownerId, server: 'second' })]);
  await inLab(one.handle, 'sh', '-c', 'echo seen > ~/work/shared-file');
  expect((await inLab(two.handle, 'cat', '/home/jovyan/work/shared-file')).out).toBe('seen');
  expect(await test_.spawner.listVolumes(ownerId)).toHaveLength(3);
});

test('the seed\'s layout works with the same image, on a read-only root', async () => {
  const { handle } = await start('dora', { profile: { layout: LAYOUTS.lab } });
  const paths = '/home /home/lab/workspace /home/lab/.cache';
  expect((await inLab(handle, 'sh', '-c', `touch $(for p in ${paths}; do echo $p/x; done) && echo ok; pwd; echo $HOME`)).out.split('\n')).toEqual(['ok', '/home/lab/workspace', '/home/lab']);
});

test('A19: whoever gets a used name inherits nothing of its earlier bearer', async () => {
  const first = await start('emil');
  await inLab(first.handle, 'sh', '-c', 'echo private > ~/work/diary');
  await test_.spawner.stop(first.handle, { graceMs: 0 });
  const second = await start('emil');
  expect((await inLab(second.handle, 'ls', '-A', '/home/jovyan/work')).out).toBe('');
  const names = (await test_.spawner.listVolumes(second.req.owner.id)).map((v) => v.name);
  expect(names).toHaveLength(3);
  expect(names.every((n) => /^jupyterlab-emil--[0-9a-f]{6}_/.test(n))).toBe(true);
  expect((await test_.spawner.listVolumes(first.req.owner.id)).map((v) => v.name)).toContain('jupyterlab-emil_workspace');
});

test('a volume of that name that is not ours is left alone', async () => {
  await engine.createVolume({ Name: 'jupyterlab-fay_home', Labels: { [LABEL.run]: test_.run } });
  const { handle } = await start('fay');
  expect((await containerOf(handle).inspect()).Mounts.map((m) => m.Name)).not.toContain('jupyterlab-fay_home');
});

test('J19: names that look alike get containers, volumes and networks of their own', async () => {
  const long = 'x'.repeat(63);
  const started = await Promise.all(['a.b', 'a-b', 'a_b', 'a@b', 'A.b', `${long}1`, `${long}2`].map((name) => start(name)));
  const used = await Promise.all(started.map(async ({ handle }) => {
    const { Name, Mounts, NetworkSettings } = await containerOf(handle).inspect();
    return [Name, ...Mounts.flatMap((m) => m.Name ?? []).filter((n) => n !== test_.settings.sharedVolume), ...Object.keys(NetworkSettings.Networks)];
  }));
  const all = used.flat();
  expect(all).toHaveLength(7 * 5);
  expect(new Set(all).size).toBe(all.length);
  expect(used.flat().find((n) => n === '/jupyterlab-a-b')).toBeDefined();
});

test('M15: volumes that vanished between two starts are made again, with the right owner', async () => {
  const { req, handle } = await start('gus');
  await test_.spawner.stop(handle, { graceMs: 0 });
  await engine.getVolume('jupyterlab-gus_workspace').remove();
  const again = await test_.spawner.start(req, startOptions());
  expect((await inLab(again, 'sh', '-c', 'touch ~/work/x && stat -c %u:%g ~/work')).out).toBe('1000:100');
});

test('a preparation that a crash cut short is done again at the next start', async () => {
  const { req, handle } = await start('hal');
  await inLab(handle, 'touch', '/home/jovyan/work/from-before');
  await test_.spawner.stop(handle, { graceMs: 0 });
  // What a crash leaves: the volumes, owned by root, and the container that was to give them away.
  const owner = digest([test_.settings.instance, req.owner.id], 12);
  await engine.createContainer({ name: `${test_.settings.networkPrefix}owner-${owner}`, Image: TEST_IMAGE, Cmd: ['true'], Labels: { [LABEL.run]: test_.run } });
  const root = await engine.createContainer({ Image: TEST_IMAGE, User: '0', Cmd: ['chown', '0:0', '/v'], Labels: { [LABEL.run]: test_.run }, HostConfig: { NetworkMode: 'none', Binds: ['jupyterlab-hal_workspace:/v'] } });
  await root.start();
  await root.wait();
  const again = await test_.spawner.start(req, startOptions());
  expect((await inLab(again, 'sh', '-c', 'stat -c %u:%g ~/work; ls ~/work')).out.split('\n')).toEqual(['1000:100', 'from-before']);
});

test('N01: a preparation that a crash cut short is finished by the next hub though nobody starts anything, and its container goes', async () => {
  const { req, handle } = await start('ivy');
  await test_.spawner.stop(handle, { graceMs: 0 });
  const run = { [LABEL.run]: test_.run };
  const chown = { Image: TEST_IMAGE, User: '0:0', Entrypoint: ['chown'], HostConfig: { NetworkMode: 'none', Binds: ['jupyterlab-ivy_workspace:/v'] } };
  const root = await engine.createContainer({ ...chown, Cmd: ['0:0', '/v'], Labels: run });
  await root.start();
  await root.wait();
  const name = `${test_.settings.networkPrefix}owner-${digest([test_.settings.instance, req.owner.id], 12)}`;
  await engine.createContainer({ ...chown, name, Cmd: ['1000:100', '/v'], Labels: { ...run, [LABEL.instance]: test_.settings.instance, [LABEL.role]: ROLE.helper } });
  await test_.another().tidyVolumes();
  await expect(engine.getContainer(name).inspect()).rejects.toMatchObject({ statusCode: 404 });
  const again = await test_.spawner.start(req, startOptions());
  expect((await inLab(again, 'sh', '-c', 'stat -c %u:%g ~/work')).out).toBe('1000:100');
});
