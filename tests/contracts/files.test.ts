import { newId, type UserId } from '../../hub/domain/ids';
import { systemClock } from '../../hub/domain/runtime';
import { createFakeEngine, createFakeSpawner } from '../../spawner/fake';
import { createProcessLabs, filesOf, labRequest } from '../support/process-labs';
import { localHands } from '../support/local-files-world';
import { volumesOf } from '../support/volumes';
import { describeFiles } from './describe-files';

jest.setTimeout(60_000);
const SWAPS = 1_000;

describeFiles('fake', async () => {
  const engine = createFakeEngine();
  const spawner = createFakeSpawner({ clock: systemClock, engine });
  const [volume, neighbour, unmade] = [newId<UserId>(), newId<UserId>(), newId<UserId>()].map((id) => volumesOf(id)[0]);
  if (volume === undefined || neighbour === undefined || unmade === undefined) throw new Error('no volumes');
  for (const ref of [volume, neighbour]) engine.volumes.set(`fake-${ref.id}`, { id: ref.id, owner: newId<UserId>(), purpose: ref.purpose, bytes: 0 });
  const [own, theirs] = [await engine.folderOf(volume), await engine.folderOf(neighbour)];
  return {
    spawner, image: 'none', volume, neighbour, unmade, swaps: SWAPS, left: async () => [], ...localHands(own ?? '', theirs ?? ''),
    close: async () => {
      await spawner.close();
      await engine.close();
    },
  };
});

describeFiles('process', async () => {
  const labs = createProcessLabs();
  const [mine, theirs, none] = [labRequest('alice'), labRequest('al'), labRequest('bob')];
  for (const req of [mine, theirs]) await labs.spawner.stop(await labs.spawner.start(req, { signal: new AbortController().signal, onEvent: () => undefined, onHandle: () => undefined }), { graceMs: 0 });
  const [volume, neighbour, unmade] = [mine, theirs, none].map((req) => req.volumes.find(({ purpose }) => purpose === 'workspace'));
  if (volume === undefined || neighbour === undefined || unmade === undefined) throw new Error('no volumes');
  return { spawner: labs.spawner, image: 'none', volume, neighbour, unmade, swaps: SWAPS, left: async () => [], ...localHands(filesOf(labs, mine, 'workspace'), filesOf(labs, theirs, 'workspace')), close: labs.close };
});
