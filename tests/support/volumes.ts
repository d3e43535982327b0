import type { UserId, VolumeId } from '../../hub/domain/ids';
import { VOLUME_PURPOSES, type VolumePurpose, type VolumeRef } from '../../hub/domain/volume';

/** The volumes that a hub would give to servers of this user; `generation` other than 0: after so many resets. */
export const volumesOf = (owner: UserId, generation = 0): readonly VolumeRef[] => VOLUME_PURPOSES.map((purpose) => volumeOf(owner, purpose, generation));

export const volumeOf = (owner: UserId, purpose: VolumePurpose, generation = 0): VolumeRef => ({ id: `${owner}-${purpose}-${generation}` as VolumeId, purpose, name: null });
