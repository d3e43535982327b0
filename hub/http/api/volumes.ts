import { z } from 'zod';
import { HubError } from '../../domain/errors';
import type { VolumeId } from '../../domain/ids';
import { VOLUME_PURPOSES, type Volume } from '../../domain/volume';
import type { VolumeReport, VolumeView } from '../../services/contract';
import { timestamp } from '../../wire/timestamp';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { parseBody } from './read';
import { userAt } from './users';
import { createVolumeDownloads } from './volume-download';

const Nothing = z.strictObject({});
const Reset = z.strictObject({ purposes: z.array(z.enum(VOLUME_PURPOSES)).min(1).max(VOLUME_PURPOSES.length) });
/** Either everything of somebody, or some of what deleted accounts left. */
const HandOver = z.union([z.strictObject({ from: z.string().min(1).max(512) }), z.strictObject({ volumes: z.array(z.string().min(1).max(64)).min(1).max(50) })]);

/** Volumes: our own, but for `reset-home-volume`, which programs know from the platform. */
export function volumeApiRoutes(kit: Kit): readonly HubRoute[] {
  const { volumes, accounts } = kit.deps.services;
  const downloads = createVolumeDownloads(kit);
  const idOf = (x: Exchange): VolumeId => (x.params['volume'] ?? '') as VolumeId;

  const list = (x: Exchange): Reply => json(200, reportModel(volumes.report(actorOf(x), userAt(kit, x, ['read:servers']))));

  const resetHome = async (x: Exchange): Promise<Reply> => {
    const owner = userAt(kit, x, ['delete:servers']);
    parseBody(Nothing, x.json);
    return json(200, reportModel(await volumes.reset(actorOf(x), owner, ['home'])));
  };

  const reset = async (x: Exchange): Promise<Reply> => {
    const owner = userAt(kit, x, ['delete:servers']);
    const { purposes } = parseBody(Reset, x.json);
    return json(200, reportModel(await volumes.reset(actorOf(x), owner, purposes)));
  };

  const undo = (x: Exchange): Reply => {
    const owner = userAt(kit, x, ['delete:servers']);
    parseBody(Nothing, x.json);
    return json(200, reportModel(volumes.undo(actorOf(x), owner, idOf(x))));
  };

  const remove = async (x: Exchange): Promise<Reply> => {
    const owner = userAt(kit, x, ['delete:servers']);
    parseBody(Nothing, x.json);
    await volumes.remove(actorOf(x), owner, idOf(x));
    return empty(204);
  };

  const handOver = async (x: Exchange): Promise<Reply> => {
    const to = userAt(kit, x, ['admin:users']);
    const ask = parseBody(HandOver, x.json);
    if ('volumes' in ask) return json(200, reportModel(await volumes.handOver(actorOf(x), { volumes: ask.volumes as VolumeId[] }, to)));
    const from = accounts.find(actorOf(x), ask.from);
    if (from === undefined) throw new HubError('not-found', 'No access to resources or resources not found');
    return json(200, reportModel(await volumes.handOver(actorOf(x), { from }, to)));
  };

  const leftBehind = (x: Exchange): Reply => json(200, { volumes: volumes.leftBehind(actorOf(x)).map((volume) => ({ ...volumeModel(volume), former_owner: volume.former })) });

  const archive = (x: Exchange): Reply => downloads.open(x, userAt(kit, x, ['access:servers']), x.params['volume'] as VolumeId | undefined);

  const at = '/hub/api/users/:name/volumes';
  return [
    { method: 'delete', path: '/hub/api/users/:name/reset-home-volume', kind: 'api', needs: ['delete:servers'], handle: resetHome },
    { method: 'get', path: at, kind: 'api', needs: ['read:servers'], handle: list },
    { method: 'post', path: `${at}/reset`, kind: 'api', needs: ['delete:servers'], handle: reset },
    { method: 'post', path: `${at}/hand-over`, kind: 'api', needs: ['admin:users'], reauth: true, handle: handOver },
    { method: 'get', path: `${at}/archive`, kind: 'api', needs: ['access:servers'], handle: archive },
    { method: 'post', path: `${at}/:volume/undo`, kind: 'api', needs: ['delete:servers'], handle: undo },
    { method: 'get', path: `${at}/:volume/archive`, kind: 'api', needs: ['access:servers'], handle: archive },
    { method: 'delete', path: `${at}/:volume`, kind: 'api', needs: ['delete:servers'], reauth: true, handle: remove },
    { method: 'get', path: '/hub/api/volumes/left-behind', kind: 'api', needs: ['admin:users'], handle: leftBehind },
  ];
}

const reportModel = ({ volumes, bytes, softQuota, over, running }: VolumeReport): object => ({ volumes: volumes.map(viewModel), bytes, soft_quota: softQuota, over_soft_quota: over, running });

const viewModel = (volume: VolumeView): object => ({ ...volumeModel(volume), last_used: timestamp(volume.lastSeen), in_use: volume.inUse });

const volumeModel = ({ id, purpose, generation, state, bytes, ...at }: Volume): object => ({
  id, purpose, generation, state, bytes, measured: timestamp(at.measured), created: timestamp(at.created), last_used: timestamp(at.lastUsed), reset: timestamp(at.binned), removed_after: timestamp(at.ends),
});
