import { demand, demandMayChange, isOwn, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { UserId, VolumeId } from '../domain/ids';
import type { ScopeName } from '../domain/scopes/tree';
import { isActive } from '../domain/server';
import type { User } from '../domain/user';
import type { Volume, VolumePurpose } from '../domain/volume';
import type { Store } from '../store/store';
import { targetOf } from './account-deps';
import type { Recorder, VolumeReport, VolumeView } from './contract';
import type { VolumeRecords } from './volume-records';

export interface VolumeCoreDeps {
  readonly store: Store;
  readonly records: VolumeRecords;
  readonly audit: Pick<Recorder, 'record'>;
  /** Bytes, as it is now; 0: none. */
  readonly softQuota: () => number;
}

export type VolumeCore = ReturnType<typeof createVolumeCore>;

/** Policy and looks that every verb on volumes shares. */
export function createVolumeCore({ store, records, audit, softQuota: quota }: VolumeCoreDeps) {
  /** Others' volumes take more than others' servers do: whoever may stop somebody's server may not take the files away. */
  function demanded(actor: Actor, own: ScopeName, owner: User): void {
    demand(actor, isOwn(actor, owner) ? own : 'admin:servers', targetOf(store, owner));
    // Their files are what their servers show.
    if (own === 'access:servers') demand(actor, own, targetOf(store, owner));
    if (own !== 'read:servers') demandMayChange(actor, owner);
  }

  const runs = (owner: UserId): boolean => store.servers.listOf(owner).some(({ state }) => isActive(state));

  function demandStopped(owner: User): void {
    if (runs(owner.id)) throw new HubError('invalid-input', `${owner.name} is running: stop every server of this account first.`);
  }

  function view(volume: Volume, running: boolean): VolumeView {
    const inUse = running && volume.state === 'active' && volume.lastUsed !== null;
    const stops = volume.state !== 'active' || volume.lastUsed === null ? [] : store.servers.listOf(volume.owner).flatMap(({ state }) => (isActive(state) || state.since === null ? [] : [state.since]));
    const times = [volume.lastUsed, ...stops].filter((at) => at !== null).map((at) => at.getTime());
    return { ...volume, inUse, lastSeen: times.length === 0 ? null : new Date(Math.max(...times)) };
  }

  function reportOf(owner: User): VolumeReport {
    const running = runs(owner.id);
    const volumes = store.volumes.listOf(owner.id).map((volume) => view(volume, running));
    const bytes = volumes.reduce((sum, volume) => sum + (volume.bytes ?? 0), 0);
    const softQuota = quota();
    return { volumes, bytes, softQuota: softQuota === 0 ? null : softQuota, over: softQuota > 0 && bytes > softQuota, running };
  }

  /** Someone else's is as unknown as none. */
  function ofOwner(owner: User, id: VolumeId): Volume {
    const volume = store.volumes.byId(id);
    if (volume === undefined || volume.owner !== owner.id) throw new HubError('not-found', 'There is no such volume.');
    return volume;
  }

  function inBin(owner: User, id: VolumeId): Volume {
    const volume = ofOwner(owner, id);
    if (volume.state === 'active') throw new HubError('invalid-input', 'This volume is not in the bin: it is in use. Reset it first.');
    return volume;
  }

  const activeFor = (owner: UserId, purpose: VolumePurpose): Volume | undefined => records.activeOf(owner).find((volume) => volume.purpose === purpose);

  const recorded = (actor: Actor, action: string, owner: User, { volumes, ...more }: { readonly volumes: readonly Volume[]; readonly from?: readonly UserId[]; readonly path?: string }): void =>
    audit.record(actor, action, `user:${owner.name}`, { detail: { volumes: volumes.map(({ id, purpose, generation }) => ({ id, purpose, generation })), ...more } });

  return { demanded, demandStopped, reportOf, ofOwner, inBin, activeFor, recorded };
}
