import type { ContainerCreateOptions, MountSettings, VolumeInspectInfo } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { UserId } from '../../hub/domain/ids';
import { VOLUME_PURPOSES, type AdoptedVolume } from '../../hub/domain/jupyterhub';
import type { Labels } from '../labels';
import { LABEL, ROLE } from '../labels';
import { alternativeName, digest, slug } from '../naming';
import type { SpawnRequest, Volumes } from '../spawner';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { engineStatus, unlessMissing } from './engine-error';
import { removeContainer, runOnce } from './run-once';
import type { DockerSettings } from './settings';

export interface LabVolumes extends Volumes {
  /** Mounts of the owner's volumes and the shared one; makes what is missing, with the right owner inside. */
  ensure(req: SpawnRequest): Promise<readonly MountSettings[]>;
  /** Only for taking a whole installation down, after somebody typed that they mean it. */
  removeAll(): Promise<void>;
  /** Which of these exist and carry no hub's label: what an account may take over. */
  unclaimed(names: readonly string[]): Promise<ReadonlySet<string>>;
}

interface Planned {
  readonly name: string;
  readonly target: string;
  readonly labels: Labels;
}

/**
 * Volumes belong to a user's immutable id, found by label: whoever gets a used name later inherits nothing (A19). The container that
 * sets the owner of a new volume is also the note that this has not happened yet: it is made with the volumes, in one engine call, and
 * removed when it is done, so a crash in between repeats it. A volume that an account took over from another hub has no such label, and its
 * files keep their owners: `adoptedBy` knows it.
 */
export function createVolumes(client: DockerClient, settings: DockerSettings, adoptedBy: (owner: UserId) => readonly AdoptedVolume[] = () => []): LabVolumes {
  const underWay = new Map<string, Promise<void>>();

  async function ensure(req: SpawnRequest): Promise<readonly MountSettings[]> {
    const own = await preparedOnce(`user ${req.owner.id}`, () => prepareOwn(req));
    const shared = settings.sharedVolume === null ? [] : await preparedOnce('shared', () => prepareShared(req, settings.sharedVolume ?? ''));
    return [...own, ...shared].map((volume) => ({ ...mount(volume), VolumeOptions: { ...mount(volume).VolumeOptions, NoCopy: true } }) as MountSettings);
  }

  /** Two servers of one user may start together: the second waits for the first and then finds everything made. */
  async function preparedOnce(key: string, prepare: () => Promise<readonly Planned[]>): Promise<readonly Planned[]> {
    for (let other = underWay.get(key); other !== undefined; other = underWay.get(key)) await other;
    const work = prepare();
    const settled = work.then(() => undefined, () => undefined).finally(() => underWay.delete(key));
    underWay.set(key, settled);
    return work;
  }

  async function prepareOwn(req: SpawnRequest): Promise<readonly Planned[]> {
    const existing = new Map([...(await ofOwner(req.owner.id)).map((v) => [v.Labels[LABEL.purpose] ?? '', v.Name] as const), ...(await adopted(req.owner.id)).map((v) => [v.purpose, v.name] as const)]);
    const { layout } = req.profile;
    const planned: Planned[] = [];
    for (const purpose of VOLUME_PURPOSES) {
      const labels = { ...base(), [LABEL.user]: req.owner.id, [LABEL.purpose]: purpose };
      const name = existing.get(purpose) ?? (await freeName(`${settings.namePrefix}${slug(req.owner.name)}`, `_${purpose}`, [settings.instance, req.owner.id]));
      planned.push({ name, target: layout[purpose], labels });
    }
    const script = 'chown -hR "$OWNER" "$@"';
    await initialise(req, { key: req.owner.id, script, planned, fresh: planned.filter((v) => ![...existing.values()].includes(v.name)) });
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
    const owner = await ownerIn(req);
    await runOnce(client, helperSpec(req, name, owner, { ...job, due }), 'prepare the volumes');
  }

  const helperName = (key: string): string => `${settings.networkPrefix}owner-${digest([settings.instance, key], 12)}`;

  /** Root, because only root may give files away; and nothing else that root may do. */
  function helperSpec(req: SpawnRequest, name: string, owner: string | null, job: { script: string; due: readonly Planned[] }): ContainerCreateOptions {
    return {
      name,
      Image: req.profile.image,
      User: '0:0',
      Entrypoint: ['/bin/sh', '-c', owner === null ? 'true' : job.script, 'sh'],
      Cmd: job.due.map((v) => v.target),
      Env: owner === null ? [] : [`OWNER=${owner}`],
      WorkingDir: '/',
      Labels: { ...base(), [LABEL.role]: ROLE.helper },
      HostConfig: {
        NetworkMode: 'none',
        CapDrop: ['ALL'],
        CapAdd: ['CHOWN', 'FOWNER', 'DAC_OVERRIDE'],
        SecurityOpt: ['no-new-privileges:true'],
        ReadonlyRootfs: true,
        PidsLimit: 64,
        Memory: 256 * 1024 ** 2,
        MemorySwap: 256 * 1024 ** 2,
        // The engine copies what the image has at the target into an empty volume, as users of Docker expect.
        Mounts: job.due.map(mount),
      },
    };
  }

  /** What `chown` gets; null: the image runs as root, and so does not need it. */
  async function ownerIn(req: SpawnRequest): Promise<string | null> {
    const image = await client.call({ what: 'look at the image', ms: DEADLINE.inspect, run: (d) => d.getImage(req.profile.image).inspect() });
    const user = req.profile.layout.user ?? image.Config.User;
    if (user === '' || user === '0' || user === 'root') return null;
    return user.includes(':') || /^\d+$/.test(user) ? user : `${user}:`;
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
  const ofOwner = (owner: UserId): Promise<readonly VolumeInspectInfo[]> => byLabels([`${LABEL.instance}=${settings.instance}`, `${LABEL.user}=${owner}`]);

  /** One that somebody removed from the engine is like none. */
  async function adopted(owner: UserId): Promise<readonly AdoptedVolume[]> {
    const known = adoptedBy(owner);
    const there = await unclaimed(known.map((volume) => volume.name));
    return known.filter((volume) => there.has(volume.name));
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

  async function removeFor(owner: UserId): Promise<void> {
    const volumes = [...(await ofOwner(owner)).map((v) => v.Name), ...(await adopted(owner)).map((v) => v.name)];
    // An empty filter would ask for every container there is.
    const users = volumes.length === 0 ? [] : await client.call({ what: 'list the containers', ms: DEADLINE.list, run: (d, abortSignal) => d.listContainers({ all: true, filters: { volume: volumes }, abortSignal }) });
    // Asked first, so that a refusal leaves all of them.
    const inUse = users.some((c) => !(c.Labels[LABEL.instance] === settings.instance && c.Labels[LABEL.role] === ROLE.helper));
    if (inUse) throw new HubError('conflict', 'A volume is in use: stop the server first.');
    // An interrupted preparation holds on to them, and there is nothing left to prepare.
    await removeContainer(client, helperName(owner));
    for (const volume of volumes) await remove(volume);
  }

  async function listFor(owner: UserId): Promise<readonly { name: string; purpose: string; bytes: number | null }[]> {
    const own = (await ofOwner(owner)).map((v) => ({ name: v.Name, purpose: v.Labels[LABEL.purpose] ?? 'other', bytes: v.UsageData?.Size ?? null }));
    return [...own, ...(await adopted(owner)).map((v) => ({ ...v, bytes: null }))];
  }

  async function removeAll(): Promise<void> {
    for (const volume of await byLabels([`${LABEL.instance}=${settings.instance}`])) await remove(volume.Name);
  }

  return { ensure, listFor, removeFor, removeAll, unclaimed };
}

const mount = (volume: Planned): MountSettings => ({ Type: 'volume', Source: volume.name, Target: volume.target, VolumeOptions: { NoCopy: false, Labels: volume.labels, DriverConfig: { Name: 'local', Options: {} } } });
