import { z } from 'zod';
import { VOLUME_PURPOSES, type Volume } from '../../domain/volume';
import type { VolumeReport, VolumeView } from '../../services/contract';
import { timestamp } from '../../wire/timestamp';
import { named, Time } from './schemas';

const fields = {
  id: z.string(),
  purpose: z.enum(VOLUME_PURPOSES),
  generation: z.int().describe('Counts up with every reset.'),
  state: z.enum(['active', 'bin', 'removing']),
  bytes: z.int().nullable().describe('null: not measured yet.'),
  measured: Time.nullable(),
  created: Time,
  last_used: Time.nullable().describe('null: by no server yet.'),
  reset: Time.nullable().describe('When it went to the bin.'),
  removed_after: Time.nullable().describe('When it leaves the bin for good; null: not by itself.'),
};
const VolumeModel = named('Volume', z.strictObject({ ...fields, in_use: z.boolean().describe('A server has it now.') }).describe('One generation of a volume.'));
export const LeftVolumeModel = named('LeftVolume', z.strictObject({ ...fields, former_owner: z.string() }).describe('A volume whose owner\'s account was deleted.'));
export const VolumesModel = named('Volumes', z.strictObject({
  volumes: z.array(VolumeModel).describe('By purpose, the active one first.'),
  bytes: z.int().describe('As far as it was measured, the bin included.'),
  soft_quota: z.int().nullable().describe('Bytes above which the user is warned; null: never.'),
  over_soft_quota: z.boolean(),
  running: z.boolean().describe('A server runs or is about to: nothing can be reset or put back.'),
}).describe('The volumes of a user.'));

export const reportModel = ({ volumes, bytes, softQuota, over, running }: VolumeReport): object => ({ volumes: volumes.map(viewModel), bytes, soft_quota: softQuota, over_soft_quota: over, running });

export const leftModel = (volume: Volume & { readonly former: string }): object => ({ ...volumeModel(volume), former_owner: volume.former });

const viewModel = (volume: VolumeView): object => ({ ...volumeModel(volume), last_used: timestamp(volume.lastSeen), in_use: volume.inUse });

const volumeModel = ({ id, purpose, generation, state, bytes, ...at }: Volume): object => ({
  id, purpose, generation, state, bytes, measured: timestamp(at.measured), created: timestamp(at.created), last_used: timestamp(at.lastUsed), reset: timestamp(at.binned), removed_after: timestamp(at.ends),
});
