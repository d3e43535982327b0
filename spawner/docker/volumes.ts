import type { ContainerInfo, MountSettings, VolumeInspectInfo } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { UserId, VolumeId } from '../../hub/domain/ids';
import type { VolumeRef } from '../../hub/domain/volume';
import type { Labels } from '../labels';
import { LABEL, ROLE } from '../labels';
import { alternativeName, slug } from '../naming';
import type { FoundVolume, SpawnRequest, Volumes } from '../spawner';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { engineStatus, unlessMissing } from './engine-error';
import { createPreparations, nameIn, type Preparations } from './preparations';
import { mount, ownerIn, preparationSpec, type Planned } from './prepare-spec';
import { removeContainer, runOnce } from './run-once';
import type { DockerSettings } from './settings';
import { together } from './together';

export interface LabVolumes extends Pick<Volumes, 'listVolumes' | 'removeVolumes' | 'measureVolumes'> {
  /** Mounts of the volumes that were asked for and of the shared one; makes what is missing, with the right owner inside. */
  ensure(req: SpawnRequest): Promise<readonly MountSettings[]>;
  /** Name of the volume in the engine; null: there is none. */
  find(ref: VolumeRef): Promise<string | null>;
  finishPreparations: Preparations['finishAll'];
  /** Only for taking a whole installation down, after somebody typed that they mean it. */
  removeAll(): Promise<void>;
  /** Which of these exist and carry no hub's label: what an account may take over. */
  unclaimed(names: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Sizes are counted file by file. */
const MEASURE_MS = 300_000;

/**
 * Each volume carries the id of one generation in its labels and is found by that: which generation a server gets is the hub's decision,
 * and whoever gets a used name later inherits nothing (A19). Volumes from before that, and those of another hub, are found by the name
 * that the hub keeps for them. The container that sets the owner of a new volume is also the note that this has not happened yet: it is
 * made with the volumes, in one engine call, and removed when it is done, so a crash in between repeats it. Files of a volume that was
 * taken over keep their owners.
 */
export function createVolumes(client: DockerClient, settings: DockerSettings): LabVolumes {
  const preparations = createPreparations(client, settings);
  const { helperName, oneAtATime, complete } = preparations;

  async function ensure(req: SpawnRequest): Promise<readonly MountSettings[]> {
    const { sharedVolume } = settings;
    const [own, shared] = await together(
      oneAtATime(helperName(req.owner.id), () => prepareOwn(req)),
      sharedVolume === null ? Promise.resolve([]) : oneAtATime(helperName('shared'), () => prepareShared(req, sharedVolume)),
    );
    return [...own, ...shared].map((volume) => ({ ...mount(volume), VolumeOptions: { ...mount(volume).VolumeOptions, NoCopy: true } }) as MountSettings);
  }

  async function prepareOwn(req: SpawnRequest): Promise<readonly Planned[]> {
    const found = await Promise.all(req.volumes.map(find));
    const planned: Planned[] = [];
    for (const [at, ref] of req.volumes.entries()) {
      const labels = { ...base(), [LABEL.user]: req.owner.id, [LABEL.purpose]: ref.purpose, [LABEL.volume]: ref.id };
      const name = found[at] ?? (await freeName(`${settings.namePrefix}${slug(req.owner.name)}`, `_${ref.purpose}`, [settings.instance, ref.id]));
      planned.push({ name, target: req.profile.layout[ref.purpose], labels });
    }
    const script = 'chown -hR "$OWNER" "$@"';
    await initialise(req, { key: req.owner.id, script, planned, fresh: planned.filter((_, at) => found[at] === null) });
    return planned;
  }

  async function prepareShared(req: SpawnRequest, wanted: string): Promise<readonly Planned[]> {
    const found = await inspect(wanted);
    const foreign = found?.Labels?.[LABEL.instance] !== undefined && found.Labels[LABEL.instance] !== settings.instance;
    const name = foreign ? alternativeName(wanted, [settings.instance]) : wanted;
    const exists = foreign ? (await inspect(name)) !== null : found !== null;
    const volume = { name, target: req.profile.layout.shared, labels: { ...base(), [LABEL.purpose]: 'shared' } };
    // Everybody may add to it, and only remove what is their own.
    await initialise(req, { key: 'shared', script: 'chown "$OWNER" "$@" && chmod 1777 "$@"', planned: [volume], fresh: exists ? [] : [volume] });
    return [volume];
  }

  async function initialise(req: SpawnRequest, job: { key: string; script: string; planned: readonly Planned[]; fresh: readonly Planned[] }): Promise<void> {
    const name = helperName(job.key);
    const interrupted = await unlessMissing(client.call({ what: 'look for an interrupted preparation', ms: DEADLINE.inspect, run: (d, abortSignal) => d.getContainer(name).inspect({ abortSignal }) }), null);
    const due = interrupted === null ? job.fresh : job.planned;
    if (due.length === 0 && interrupted === null) return;
    const owner = await ownerIn(client, req);
    try {
      await runOnce(client, preparationSpec(req.profile.image, { name, owner, script: job.script, due, labels: { ...base(), [LABEL.role]: ROLE.helper } }), 'prepare the volumes');
    } catch (err) {
      await takeBack(job.fresh);
      throw err;
    }
  }

  /**
   * The engine makes volumes before the container that wants them, and keeps them when that fails, as on a full disk: the next start would find them
   * and believe that they were prepared. One that a container has stays, because that container tells the next start.
   */
  async function takeBack(fresh: readonly Planned[]): Promise<void> {
    await Promise.allSettled(fresh.map((volume) => client.call({ what: 'remove a volume that was not prepared', ms: DEADLINE.remove, run: (d, abortSignal) => d.getVolume(volume.name).remove({ abortSignal }) })));
  }

  /** The readable name, else one that carries ids, else nothing: what is not ours is never used (M07). */
  async function freeName(stem: string, ending: string, ids: readonly string[]): Promise<string> {
    for (const name of [`${stem}${ending}`, `${alternativeName(stem, ids)}${ending}`]) if ((await inspect(name)) === null) return name;
    throw new HubError('conflict', `A volume called ${stem}${ending} belongs to something else. An administrator has to rename or remove it.`);
  }

  const base = (): Labels => ({ ...settings.extraLabels, [LABEL.instance]: settings.instance });
  const inspect = (name: string): Promise<VolumeInspectInfo | null> => unlessMissing(client.call({ what: 'look at a volume', ms: DEADLINE.inspect, run: (d, abortSignal) => d.getVolume(name).inspect({ abortSignal }) }), null);

  async function byLabels(labels: readonly string[]): Promise<readonly VolumeInspectInfo[]> {
    const answer = await client.call({ what: 'list the volumes', ms: DEADLINE.list, run: (d, abortSignal) => d.listVolumes({ filters: { label: [...labels] }, abortSignal }) });
    return answer.Volumes ?? [];
  }

  /** One that somebody removed from the engine is like none, and is made anew with its id. */
  async function find({ id, name }: VolumeRef): Promise<string | null> {
    if (name !== null && isWithoutId(await inspect(name))) return name;
    const [found] = await byLabels([`${LABEL.instance}=${settings.instance}`, `${LABEL.volume}=${id}`]);
    return found?.Name ?? null;
  }

  /** Whatever else has that name by now is not what the hub took over. */
  function isWithoutId(volume: VolumeInspectInfo | null): boolean {
    if (volume === null || volume.Driver !== 'local') return false;
    const { [LABEL.instance]: instance, [LABEL.volume]: id } = volume.Labels ?? {};
    return id === undefined && (instance === undefined || instance === settings.instance);
  }

  async function unclaimed(names: readonly string[]): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (const name of names) {
      const volume = await inspect(name);
      if (volume !== null && volume.Driver === 'local' && volume.Labels?.[LABEL.instance] === undefined) found.add(name);
    }
    return found;
  }

  async function remove(name: string): Promise<void> {
    try {
      await unlessMissing(client.call({ what: 'remove a volume', ms: DEADLINE.remove, run: (d, abortSignal) => d.getVolume(name).remove({ abortSignal }) }), undefined);
    } catch (err) {
      if (engineStatus(err) === 409) throw new HubError('conflict', 'A volume is in use: stop the server first.', { cause: err });
      throw err;
    }
  }

  async function removeVolumes(refs: readonly VolumeRef[]): Promise<void> {
    const names = (await Promise.all(refs.map(find))).filter((name) => name !== null);
    // An empty filter would ask for every container there is.
    const users = names.length === 0 ? [] : await client.call({ what: 'list the containers', ms: DEADLINE.list, run: (d, abortSignal) => d.listContainers({ all: true, filters: { volume: names }, abortSignal }) });
    // Asked first, so that a refusal leaves all of them.
    const inUse = users.some((c) => !(c.Labels[LABEL.instance] === settings.instance && c.Labels[LABEL.role] === ROLE.helper));
    if (inUse) throw new HubError('conflict', 'A volume is in use: stop the server first, and wait for downloads to end.');
    for (const helper of users) await oneAtATime(nameIn(helper.Names), () => unlessMissing(letGo(helper, names), undefined));
    for (const name of names) await remove(name);
  }

  /** An interrupted preparation holds on to its volumes. Where some of them stay, it is finished first: it is all that knows of what they lack. */
  async function letGo({ Id, Mounts }: ContainerInfo, going: readonly string[]): Promise<void> {
    if (!Mounts.every(({ Name }) => Name === undefined || going.includes(Name)) && !(await complete(Id))) {
      throw new HubError('conflict', 'An interrupted preparation of this account\'s volumes could not be finished. Start its server once, then try again.');
    }
    await removeContainer(client, Id);
  }

  async function listVolumes(owner?: UserId): Promise<readonly FoundVolume[]> {
    const found = await byLabels([`${LABEL.instance}=${settings.instance}`, owner === undefined ? LABEL.user : `${LABEL.user}=${owner}`]);
    return found.map(({ Name, Labels }) => ({ id: (Labels[LABEL.volume] ?? null) as VolumeId | null, name: Name, purpose: Labels[LABEL.purpose] ?? 'other', owner: Labels[LABEL.user] as UserId }));
  }

  /** One call for all of the engine's volumes, ours among them. */
  async function measureVolumes(signal: AbortSignal): ReturnType<Volumes['measureVolumes']> {
    const usage = (await client.call({ what: 'measure the volumes', ms: MEASURE_MS, signal, run: (d, abortSignal) => (d as unknown as { df(opts: { readonly abortSignal: AbortSignal }): Promise<unknown> }).df({ abortSignal }) })) as { readonly Volumes?: readonly VolumeInspectInfo[] | null };
    const ours = (usage.Volumes ?? []).filter(({ Labels }) => Labels?.[LABEL.instance] === undefined || Labels[LABEL.instance] === settings.instance);
    return ours.map(({ Name, Labels, UsageData }) => ({ id: (Labels?.[LABEL.volume] ?? null) as VolumeId | null, name: Name, bytes: UsageData === undefined || UsageData === null || UsageData.Size < 0 ? null : UsageData.Size }));
  }

  async function removeAll(): Promise<void> {
    for (const volume of await byLabels([`${LABEL.instance}=${settings.instance}`])) await remove(volume.Name);
  }

  return { ensure, find, listVolumes, removeVolumes, measureVolumes, removeAll, unclaimed, finishPreparations: preparations.finishAll };
}
