import { z } from 'zod';
import { HubError } from '../../domain/errors';
import type { VolumeId } from '../../domain/ids';
import { VOLUME_PURPOSES } from '../../domain/volume';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { fileApiRoutes } from './files';
import { Nothing } from './read';
import { userAt } from './users';
import { createVolumeDownloads } from './volume-download';
import { leftModel, LeftVolumeModel, reportModel, VolumesModel } from './volume-models';

const Reset = z.strictObject({ purposes: z.array(z.enum(VOLUME_PURPOSES)).min(1).max(VOLUME_PURPOSES.length) });
/** Either everything of somebody, or some of what deleted accounts left. */
const HandOver = z.union([
  z.strictObject({ from: z.string().min(1).max(512).describe('A user, whose active volumes these are.') }),
  z.strictObject({ volumes: z.array(z.string().min(1).max(64)).min(1).max(50).describe('Ids of volumes.') }),
]);
const after = { 200: { description: 'The volumes as they are now.', model: VolumesModel } };
const ONLY_STOPPED = '400 while a server of the user runs.';

/** Volumes: our own, but for `reset-home-volume`, which programs know from the platform. */
export function volumeApiRoutes(kit: Kit): readonly HubRoute[] {
  const { volumes, accounts } = kit.deps.services;
  const downloads = createVolumeDownloads(kit);
  const idOf = (x: Exchange): VolumeId => (x.params['volume'] ?? '') as VolumeId;

  const list = (x: Exchange): Reply => json(200, reportModel(volumes.report(actorOf(x), userAt(kit, x, ['read:servers']))));

  const resetHome = async (x: Exchange, { body }: Given<typeof Nothing>): Promise<Reply> => {
    const owner = userAt(kit, x, ['delete:servers']);
    body();
    return json(200, reportModel(await volumes.reset(actorOf(x), owner, ['home'])));
  };

  const reset = async (x: Exchange, { body }: Given<typeof Reset>): Promise<Reply> => {
    const owner = userAt(kit, x, ['delete:servers']);
    const { purposes } = body();
    return json(200, reportModel(await volumes.reset(actorOf(x), owner, purposes)));
  };

  const undo = (x: Exchange, { body }: Given<typeof Nothing>): Reply => {
    const owner = userAt(kit, x, ['delete:servers']);
    body();
    return json(200, reportModel(volumes.undo(actorOf(x), owner, idOf(x))));
  };

  const remove = async (x: Exchange, { body }: Given<typeof Nothing>): Promise<Reply> => {
    const owner = userAt(kit, x, ['delete:servers']);
    body();
    await volumes.remove(actorOf(x), owner, idOf(x));
    return empty(204);
  };

  const handOver = async (x: Exchange, { body }: Given<typeof HandOver>): Promise<Reply> => {
    const to = userAt(kit, x, ['admin:users']);
    const ask = body();
    if ('volumes' in ask) return json(200, reportModel(await volumes.handOver(actorOf(x), { volumes: ask.volumes as VolumeId[] }, to)));
    const from = accounts.find(actorOf(x), ask.from);
    if (from === undefined) throw new HubError('not-found', 'No access to resources or resources not found');
    return json(200, reportModel(await volumes.handOver(actorOf(x), { from }, to)));
  };

  const leftBehind = (x: Exchange): Reply => json(200, { volumes: volumes.leftBehind(actorOf(x)).map(leftModel) });

  const archive = (x: Exchange): Reply => {
    const owner = userAt(kit, x, ['access:servers']);
    return downloads.open(x, (signal) => volumes.download(actorOf(x), owner, x.params['volume'] as VolumeId | undefined, signal));
  };

  const archives = (path: string, doc: { readonly id: string; readonly summary: string }): HubRoute => operation({
    method: 'get', path, needs: ['access:servers'], handle: archive,
    doc: { ...doc, tag: 'Volumes', description: 'Also while a server runs. One that could not be completed is cut off.', answers: { 200: { description: 'A tar archive.', type: 'application/x-tar' } } },
  });
  const at = '/hub/api/users/:name/volumes';
  return [
    operation({
      method: 'delete', path: '/hub/api/users/:name/reset-home-volume', needs: ['delete:servers'], handle: resetHome,
      doc: { id: 'resetHomeVolume', tag: 'Volumes', summary: 'Put an empty volume in the place of a user\'s home', description: `What was there goes to the bin. ${ONLY_STOPPED}`, body: Nothing, answers: after },
    }),
    operation({
      method: 'get', path: at, needs: ['read:servers'], handle: list,
      doc: { id: 'listVolumes', tag: 'Volumes', summary: 'List the volumes of a user, and what lies in the bin', answers: { 200: { description: 'The volumes.', model: VolumesModel } } },
    }),
    operation({
      method: 'post', path: `${at}/reset`, needs: ['delete:servers'], handle: reset,
      doc: { id: 'resetVolumes', tag: 'Volumes', summary: 'Put empty volumes in the place of some of a user\'s', description: `What was there goes to the bin. ${ONLY_STOPPED}`, body: Reset, answers: after },
    }),
    operation({
      method: 'post', path: `${at}/hand-over`, needs: ['admin:users'], reauth: true, handle: handOver,
      doc: { id: 'handOverVolumes', tag: 'Volumes', summary: 'Give volumes of somebody else to this user', description: `What is in their place goes to the bin. No file moves. ${ONLY_STOPPED}`, body: HandOver, answers: after },
    }),
    archives(`${at}/archive`, { id: 'downloadVolumes', summary: 'Download everything of a user' }),
    operation({
      method: 'post', path: `${at}/:volume/undo`, needs: ['delete:servers'], handle: undo,
      doc: { id: 'undoVolumeReset', tag: 'Volumes', summary: 'Put a volume back out of the bin', description: `What is in its place goes there. ${ONLY_STOPPED}`, body: Nothing, answers: after },
    }),
    archives(`${at}/:volume/archive`, { id: 'downloadVolume', summary: 'Download one volume' }),
    ...fileApiRoutes(kit, downloads),
    operation({
      method: 'delete', path: `${at}/:volume`, needs: ['delete:servers'], reauth: true, handle: remove,
      doc: { id: 'removeVolume', tag: 'Volumes', summary: 'Remove a volume from the bin for good', body: Nothing, answers: { 204: 'It is gone.' } },
    }),
    operation({
      method: 'get', path: '/hub/api/volumes/left-behind', needs: ['admin:users'], handle: leftBehind,
      doc: { id: 'listLeftVolumes', tag: 'Volumes', summary: 'List the volumes that deleted accounts left', answers: { 200: { description: 'The volumes.', model: z.strictObject({ volumes: z.array(LeftVolumeModel) }) } } },
    }),
  ];
}
