import type { UserId, VolumeId } from './ids';

/** What a user's volumes are for; each is a volume of its own. */
export const VOLUME_PURPOSES = ['home', 'workspace', 'cache'] as const;
export type VolumePurpose = (typeof VOLUME_PURPOSES)[number];

/** All that an engine needs to find one generation of a volume again. */
export interface VolumeRef {
  readonly id: VolumeId;
  readonly purpose: VolumePurpose;
  /** Its name in the engine, for one that was there before the hub gave ids or that came from another hub; null: it carries its id. */
  readonly name: string | null;
}

/**
 * One generation of a volume. `active`: its owner's servers have it, one for each purpose. `bin`: a reset put another one in its place, and
 * it can be put back. `removing`: its files are being removed for good.
 */
export interface Volume extends VolumeRef {
  /** The account may be gone: deleting one may keep its volumes. */
  readonly owner: UserId;
  /** Counts up with every reset, for people. */
  readonly generation: number;
  readonly state: 'active' | 'bin' | 'removing';
  readonly created: Date;
  /** The last start with it; null: none yet. */
  readonly lastUsed: Date | null;
  /** null: not measured yet. */
  readonly bytes: number | null;
  readonly measured: Date | null;
  readonly binned: Date | null;
  /** When it leaves the bin for good; null: not by itself. */
  readonly ends: Date | null;
}

/** No server ever had it, so the engine knows nothing of it, and nothing is lost with it. */
export const isUntouched = ({ lastUsed, name }: Volume): boolean => lastUsed === null && name === null;
