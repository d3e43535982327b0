import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newId, type InstanceId, type ServerId, type UserId } from '../../hub/domain/ids';
import { systemClock } from '../../hub/domain/runtime';
import { bootId, lives } from '../../spawner/process/identity';
import { launch } from '../../spawner/process/launch';
import { createRuns, type Run } from '../../spawner/process/runs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'berth-launch-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function prepared() {
  const instance = newId<InstanceId>();
  const runs = createRuns(folder, instance);
  const run: Run = { id: runs.newHandle(newId<ServerId>()).id, instance, server: newId<ServerId>(), user: newId<UserId>(), volumes: [], port: 1, boot: bootId(), secrets: [] };
  await runs.write(run);
  const mark = path.join(folder, 'it-began');
  const begin = () => launch(runs, systemClock, { run, program: '/bin/sh', args: ['-c', 'touch "$0"', mark], env: { PATH: '/usr/bin:/bin' }, cwd: folder });
  return { runs, run, mark, begin };
}

test('a process tells who it is before it becomes the lab', async () => {
  const { runs, run, mark, begin } = await prepared();
  const { who, settled } = await begin();
  expect(await runs.processOf(run)).toEqual(who);
  expect(await settled(new AbortController().signal, 10_000)).toBe('ended');
  expect([existsSync(mark), await lives(who)]).toEqual([true, false]);
});

test('a start that somebody cleaned up before its process told its number never begins', async () => {
  const { runs, run, mark, begin } = await prepared();
  expect(await runs.retire(run)).toBeNull();
  const { settled } = await begin();
  expect(await settled(new AbortController().signal, 10_000)).toBe('ended');
  expect(existsSync(mark)).toBe(false);
});

test('nor does one whose folder is gone', async () => {
  const { runs, run, mark, begin } = await prepared();
  await runs.remove(run.id);
  await expect(begin()).rejects.toMatchObject({ code: 'ENOENT' });
  expect(existsSync(mark)).toBe(false);
});

test('a run of another hub, another start of the machine, or a name that is none, is not there', async () => {
  const { runs, run } = await prepared();
  const [other, handle] = [createRuns(folder, newId<InstanceId>()), { spawner: 'process', id: run.id }];
  expect([(await runs.read(handle))?.id, await other.read(handle), await other.list()]).toEqual([run.id, null, []]);
  for (const id of ['../../etc', `${run.id}/..`, '', 'x.0123456789abcdef']) expect(await runs.read({ spawner: 'process', id })).toBeNull();
  expect(await runs.processOf({ ...run, boot: 'an earlier one' })).toBeNull();
});
