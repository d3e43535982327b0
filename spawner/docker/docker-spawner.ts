import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import { HubError, toHubError } from '../../hub/domain/errors';
import type { ServerId } from '../../hub/domain/ids';
import type { Mode } from '../../hub/domain/profile';
import { noFailPoints, type Clock, type FailPoint, type Logger } from '../../hub/domain/runtime';
import type { Handle } from '../../hub/domain/server';
import { LABEL, ROLE } from '../labels';
import type { Health, SpawnRequest, Spawner, SpawnerCheck, StartOptions, Volumes } from '../spawner';
import { createInward } from '../inward';
import { createAttachment } from './attachment';
import type { DockerClient } from './client';
import { DEADLINE, createDockerClient } from './client';
import type { HostCapacity } from './container-spec';
import { containerSpec } from './container-spec';
import type { Lab } from './exit-watch';
import { createExitWatch } from './exit-watch';
import type { Firewall } from './firewall';
import { createFirewall } from './firewall';
import { createStartGate } from './gate';
import { grantsOf } from './grants';
import { runChecks, runGuard } from './checks';
import { lookAt } from './hub-container';
import type { InContainer } from './mounts';
import { hostMounts } from './mounts';
import { createImageDescriber } from './image-traits';
import { createNetworks } from './network';
import { KIND, createLabContainers, handleOf, nameOf } from './lab-containers';
import { createLife, limitOf, serverOf } from './life';
import { createControlGroups } from './control-groups';
import { createMeasure } from './measure';
import { createMemoryWatch } from './memory';
import { createImages } from './pull';
import { createReading } from './reading';
import { removeContainer } from './run-once';
import type { DockerSettings } from './settings';
import { startContainer } from './start-container';
import { together } from './together';
import { createVolumes } from './volumes';

export interface DockerSpawnerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: the host's iptables. */
  readonly firewall?: Firewall;
  /** Default: one of its own, for `settings.host`. */
  readonly client?: DockerClient;
  /** For tests of what a crash leaves; absent: none. */
  readonly failPoint?: FailPoint;
}

export interface DockerSpawner extends Spawner, Volumes {
  /** Ends all servers of this instance and removes what was made for them, firewall rules included; volumes only when asked. */
  tearDown(opts: { readonly volumes: boolean }): Promise<void>;
  /** Which of these volumes exist and carry no hub's label. */
  unclaimed(names: readonly string[]): Promise<ReadonlySet<string>>;
}

export function createDockerSpawner(settings: DockerSettings, { clock, log, ...deps }: DockerSpawnerDeps): DockerSpawner {
  const client = deps.client ?? createDockerClient({ host: settings.host, clock });
  const onThisHost = client.local && settings.hubContainer === null;
  const firewall = deps.firewall ?? createFirewall({ internalPort: settings.internalPort });
  const networks = createNetworks(client, settings);
  const gate = createStartGate({ client, settings, firewall, log });
  const inward = createInward();
  const attachment = createAttachment({ settings, networks, inward, log, local: client.local });
  const volumes = createVolumes(client, settings);
  const images = createImages(client, clock);
  const reading = createReading({ client, settings, images, find: volumes.find, log });
  const describeImage = createImageDescriber({ client, images });
  const labContainers = createLabContainers({ client, settings });
  const { look, own } = labContainers;
  const watch = createExitWatch({ client, settings, clock, log, labs, handleOf, memoryLimit: async (id) => limitOf(await look(id)) });
  const measure = createMeasure({ client, log, groups: onThisHost ? createControlGroups() : null });
  const memory = createMemoryWatch({ measure, clock, log, running: () => watch.running().map(({ containerId }) => containerId) });
  const { outOfMemory, ...life } = createLife({ client, clock, log, watch, memory, own, look, release: (server) => attachment.release(server) });
  const failPoint = deps.failPoint ?? noFailPoints;
  let capacity: HostCapacity | null = null;

  async function start(req: SpawnRequest, opts: StartOptions): Promise<Handle> {
    const { signal, onEvent } = opts;
    onEvent({ kind: 'preparing' });
    demandNotAborted(signal);
    gate.demandOutbound(req);
    const imageId = await images.ensure(req.profile.image, (pulled) => onEvent({ kind: 'pulling', image: req.profile.image, ...pulled }), signal);
    const handle = handleOf(await labContainers.chooseName(req), req.server.id);
    demandNotAborted(signal);
    opts.onHandle(handle);
    try {
      await removeLeftovers(req.server.id);
      await create({ ...req, profile: { ...req.profile, image: imageId } }, { handle, image: req.profile.image }, opts);
      return handle;
    } catch (err) {
      await leaveNothing(req.server.id);
      throw err instanceof HubError ? err : new HubError('spawn-failed', toHubError(err).message, { cause: err });
    }
  }

  /**
   * The request's image is an id here: it stays that very one, wherever its name moves meanwhile (J27).
   * Calls that make something are never cut short, only followed by a look at the signal: what they made must be known.
   * What does not need each other is asked side by side: of 180 ms until a container was started, 50 were turns of waiting.
   */
  async function create(req: SpawnRequest, { handle, image }: { readonly handle: Handle; readonly image: string }, { signal, onEvent }: StartOptions): Promise<void> {
    const inside = await insideContainer();
    const grants = await grantsOf(req, settings, inside);
    const [own, host, network, capacity] = await together(
      volumes.ensure(req).then((made) => (failPoint('spawn.after-volumes'), made)),
      hostMounts(settings, inside),
      networks.create(req.server.id, { [LABEL.role]: ROLE.lab, [LABEL.server]: req.server.id, [LABEL.user]: req.owner.id }, req.outbound),
      hostCapacity(),
    );
    failPoint('spawn.after-network');
    demandNotAborted(signal);
    const place = await attachment.open(req.server.id, network.subnet);
    const spec = containerSpec({ request: req, settings, name: nameOf(handle), imageName: image, network: network.name, address: place.lab, hubAddress: place.hub, mounts: [...own, ...host, ...grants.mounts], groups: grants.groups, capacity });
    // After the network: whoever takes rules away for want of lab networks sees this one. Before the start: nothing runs without them.
    const kept = gate.demandFirewall(req.outbound);
    let told = false;
    const created = async (): Promise<void> => {
      told ||= (onEvent({ kind: 'created' }), true);
      failPoint('spawn.after-create');
      demandNotAborted(signal);
      await kept;
      demandNotAborted(signal);
    };
    const [containerId] = await together(startContainer(client, spec, 'the container', { created, discarded: watch.expect }), kept);
    watch.started({ containerId, server: req.server.id, handle, running: true, paused: false, attached: true });
    demandNotAborted(signal);
    onEvent({ kind: 'started' });
  }

  async function removeLeftovers(server: ServerId): Promise<void> {
    for (const lab of (await labs()).filter((l) => l.server === server)) {
      watch.expect(lab.containerId);
      await removeContainer(client, lab.containerId);
    }
    await attachment.release(server);
  }

  /** A failure in here must not hide the one that led to it; the handle is known, so a later stop finds the rest. */
  async function leaveNothing(server: ServerId): Promise<void> {
    try {
      await removeLeftovers(server);
    } catch (err) {
      log.warn({ err, server }, 'cleaning up after a failed start did not work');
    }
  }

  async function inspect(handle: Handle, signal?: AbortSignal): Promise<Health> {
    const found = await own(handle, signal);
    if (found === null) return { kind: 'absent' };
    const { State } = found;
    if (!State.Running) return { kind: 'exited', exitCode: State.Status === 'created' ? null : State.ExitCode, oomKilled: outOfMemory(found), detail: whyEnded(found, outOfMemory(found)) };
    const server = serverOf(handle) as ServerId;
    await attachment.adopt(server, found.NetworkSettings.Networks[networks.nameFor(server)]);
    return { kind: 'running', origin: originOf(found, server), mode: modeOf(found), ...(State.Paused ? { paused: true as const } : {}) };
  }

  /** Taken from that very container, and only from the network that was made for its server: an address alone proves nothing (E02). */
  function originOf(found: ContainerInspectInfo, server: string): string {
    const address = found.NetworkSettings.Networks[networks.nameFor(server)]?.IPAddress;
    const port = found.Config.Labels?.[LABEL.port];
    if (!address || port === undefined) throw new HubError('unavailable', 'The server is no longer attached to its network. Stop it and start it again.');
    return `http://${address}:${port}`;
  }

  const found = (): Promise<readonly ContainerInfo[]> =>
    client.call({
      what: 'list the servers',
      ms: DEADLINE.list,
      run: (d, abortSignal) => d.listContainers({ all: true, filters: { label: [`${LABEL.instance}=${settings.instance}`, `${LABEL.role}=${ROLE.lab}`] }, abortSignal }),
    });

  async function labs(): Promise<readonly Lab[]> {
    return labsIn(await found(), networks.nameFor);
  }

  async function list(): Promise<readonly { readonly server: ServerId; readonly handle: Handle; readonly running: boolean }[]> {
    const containers = await found();
    for (const { State, Labels, NetworkSettings } of containers) {
      const server = Labels[LABEL.server] as ServerId | undefined;
      if (State === 'running' && server !== undefined) await attachment.adopt(server, NetworkSettings.Networks[networks.nameFor(server)]);
    }
    return labsIn(containers, networks.nameFor).map(({ server, handle, running }) => ({ server, handle, running }));
  }

  const insideContainer = async (): Promise<InContainer | null> => (settings.hubContainer === null ? null : { mounts: (await lookAt(client, settings.hubContainer)).Mounts, log });

  async function hostCapacity(): Promise<HostCapacity> {
    if (capacity !== null) return capacity;
    const info = (await client.call({ what: 'describe its host', ms: DEADLINE.inspect, run: (d) => d.info() })) as { NCPU: number; MemTotal: number };
    capacity = { cpus: info.NCPU, memoryBytes: info.MemTotal };
    return capacity;
  }

  async function tearDown({ volumes: withVolumes }: { readonly volumes: boolean }): Promise<void> {
    const mine = await client.call({ what: 'list the containers', ms: DEADLINE.list, run: (d, abortSignal) => d.listContainers({ all: true, filters: { label: [`${LABEL.instance}=${settings.instance}`] }, abortSignal }) });
    for (const container of mine) {
      watch.expect(container.Id);
      await removeContainer(client, container.Id);
    }
    await inward.closeAll();
    for (const network of await networks.list()) await networks.drop(network);
    if (withVolumes) await volumes.removeAll();
    if (settings.firewall !== 'off' && settings.hubContainer === null && client.local && !(await networks.anyLeft())) await firewall.remove();
  }

  const looking = { client, settings, networks, firewall, images, clock, log };
  /** Where it was when the engine last told; asked again each time, because an engine may come back with another one. */
  let folder: string | null = null;
  async function storageFolder(): Promise<string | null> {
    if (!onThisHost) return null;
    try {
      const info = (await client.call({ what: 'describe its host', ms: DEADLINE.inspect, run: (d) => d.info() })) as { readonly DockerRootDir?: string };
      folder = info.DockerRootDir ?? null;
    } catch (err) {
      log.debug({ err }, 'Docker does not say where its files are');
    }
    return folder;
  }

  async function tidyVolumes(): Promise<void> {
    await reading.tidyVolumes();
    for (const left of await volumes.finishPreparations()) log.warn(left, 'an interrupted preparation of volumes could not be finished');
  }

  let checking: Promise<SpawnerCheck> | null = null;
  /** A probe takes seconds: who asks meanwhile gets the same answer. */
  function check(): Promise<SpawnerCheck> {
    checking ??= runChecks(looking).finally(() => (checking = null));
    return checking;
  }

  async function close(): Promise<void> {
    images.close();
    watch.close();
    memory.close();
    await inward.closeAll();
    await reading.close();
    client.close();
  }

  return { kind: KIND, start, describeImage, inspect, ...life, cpuSeconds: (handle, signal) => measure.cpuSeconds(nameOf(handle), signal), sample: (signal) => measure.all(watch.running(), signal), storageFolder, list, onExit: watch.onExit, onChange: watch.onChange, hubUrl: attachment.hubUrl, onConnection: inward.onConnection, check, guard: () => runGuard(looking), close, tearDown, listVolumes: volumes.listVolumes, removeVolumes: volumes.removeVolumes, measureVolumes: volumes.measureVolumes, archiveVolumes: reading.archiveVolumes, listFolder: reading.listFolder, readFile: reading.readFile, archiveFolder: reading.archiveFolder, tidyVolumes, unclaimed: volumes.unclaimed };
}

function labsIn(containers: readonly ContainerInfo[], networkOf: (server: ServerId) => string): readonly Lab[] {
  return containers.flatMap((c) => {
    const server = c.Labels[LABEL.server];
    const name = c.Names[0]?.replace(/^\//, '');
    return server === undefined || name === undefined ? [] : [{ containerId: c.Id, server: server as ServerId, handle: handleOf(name, server), running: c.State === 'running' || c.State === 'paused', paused: c.State === 'paused', attached: Boolean(c.NetworkSettings.Networks[networkOf(server as ServerId)]?.IPAddress) }];
  });
}

function modeOf({ Config }: ContainerInspectInfo): Mode | null {
  const mode = Config.Labels?.[LABEL.mode];
  return mode === 'injected' || mode === 'singleuser' ? mode : null;
}

function demandNotAborted(signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason instanceof HubError ? signal.reason : new HubError('spawn-failed', 'The start was cancelled.', { cause: signal.reason });
}

function whyEnded({ State }: ContainerInspectInfo, oomKilled: boolean): string {
  if (oomKilled) return 'It used more memory than it may and was ended (out of memory).';
  if (State.Status === 'created') return 'It was created, but never started.';
  if (State.ExitCode === 0) return 'It ended by itself.';
  if (State.ExitCode === 137) return 'It was killed.';
  if (State.ExitCode === 126 || State.ExitCode === 127) return 'The image does not have the command that the profile starts, or may not execute it.';
  if (State.ExitCode === 143) return 'It was asked to end.';
  return `It ended with code ${State.ExitCode}.`;
}
