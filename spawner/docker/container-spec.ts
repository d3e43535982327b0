import type { ContainerCreateOptions, MountSettings } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { Layout, Limits } from '../../hub/domain/profile';
import type { Labels } from '../labels';
import { LABEL, ROLE } from '../labels';
import type { SpawnRequest } from '../spawner';
import type { DockerSettings } from './settings';

/** What the engine's host has: a limit beyond it would be refused, or mean nothing. */
export interface HostCapacity {
  readonly cpus: number;
  readonly memoryBytes: number;
}

export interface ContainerPlan {
  readonly request: SpawnRequest;
  readonly settings: DockerSettings;
  readonly name: string;
  /** As the profile calls it; the request names the id that this meant at the start. */
  readonly imageName: string;
  readonly network: string;
  /** Its own on that network. */
  readonly address: string;
  /** Where the name `hub` leads; null: nowhere. */
  readonly hubAddress: string | null;
  readonly mounts: readonly MountSettings[];
  /** Ids of groups that the lab's user is in besides its own; absent: none. */
  readonly groups?: readonly string[];
  readonly capacity: HostCapacity;
}

const MIB = 1024 ** 2;
/** The engine refuses less. */
const LEAST_MEMORY = 6 * MIB;
/** Belongs to nobody (RFC 5737): without it, the embedded resolver would ask the host's servers on a lab's behalf. */
const NO_RESOLVER = '192.0.2.1';

/** A lab that may reach the internet needs its names: the engine's usual way of finding them. */
const HOST_RESOLVER = { Dns: [], DnsOptions: [] };

/** Everything about a lab's container. Pure, so that a table of tests can hold it to its promises. */
export function containerSpec(plan: ContainerPlan): ContainerCreateOptions {
  const { request, settings } = plan;
  const { profile } = request;
  demandSaneLayout(profile.layout);
  return {
    name: plan.name,
    Image: profile.image,
    Hostname: 'lab',
    Env: Object.entries(request.env).map(([key, value]) => `${key}=${value}`),
    ...(profile.argv.length > 0 ? { Cmd: profile.argv.map((arg) => fill(arg, request)) } : {}),
    ...(profile.layout.user !== null ? { User: profile.layout.user } : {}),
    WorkingDir: profile.layout.workingDir,
    Labels: { ...settings.extraLabels, ...labLabels(request, settings), [LABEL.image]: plan.imageName },
    StopSignal: 'SIGTERM',
    StopTimeout: 10,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: false,
    HostConfig: {
      ...confinement(profile.readOnlyRoot, profile.layout.user),
      ...limitsOf(profile.limits, plan.capacity),
      ...(request.outbound === 'open' ? HOST_RESOLVER : {}),
      ...(plan.hubAddress === null ? {} : { ExtraHosts: [`hub:${plan.hubAddress}`] }),
      NetworkMode: plan.network,
      Mounts: [...plan.mounts],
      ...(plan.groups === undefined || plan.groups.length === 0 ? {} : { GroupAdd: [...plan.groups] }),
      Init: true,
    },
    NetworkingConfig: { EndpointsConfig: { [plan.network]: { IPAMConfig: { IPv4Address: plan.address } } } },
  };
}

/** Labels that say whose container it is; `inspect`, `list` and the event stream trust nothing else. */
export const labLabels = (req: SpawnRequest, settings: DockerSettings): Labels => ({
  [LABEL.instance]: settings.instance,
  [LABEL.role]: ROLE.lab,
  [LABEL.server]: req.server.id,
  [LABEL.user]: req.owner.id,
  [LABEL.port]: String(req.profile.port),
  [LABEL.mode]: req.profile.mode,
});

/** Holds for labs, and for the containers that prove it. */
export function confinement(readOnlyRoot: boolean, user: string | null): NonNullable<ContainerCreateOptions['HostConfig']> {
  // A mode would not do: a tmpfs takes that of the image's folder, and /run belongs to root there.
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(user ?? '') ?? [];
  const owner = uid === undefined ? '' : `,uid=${uid},gid=${gid}`;
  return {
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true'],
    Privileged: false,
    ReadonlyRootfs: readOnlyRoot,
    // /tmp stays executable: compilers and JIT caches of data science packages run what they write there.
    Tmpfs: { '/tmp': 'rw,exec,nosuid,nodev,size=512m,mode=1777', '/run': `rw,noexec,nosuid,nodev,size=16m${owner}`, '/var/tmp': 'rw,noexec,nosuid,nodev,size=64m,mode=1777' },
    ShmSize: 256 * MIB,
    OomScoreAdj: 500,
    Ulimits: [{ Name: 'nofile', Soft: 65_536, Hard: 65_536 }, { Name: 'core', Soft: 0, Hard: 0 }],
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    RestartPolicy: { Name: 'no' },
    AutoRemove: false,
    IpcMode: 'private',
    PublishAllPorts: false,
    Dns: [NO_RESOLVER],
    DnsOptions: ['timeout:1', 'attempts:1'],
    DnsSearch: ['.'],
  };
}

export function limitsOf(limits: Limits, capacity: HostCapacity): NonNullable<ContainerCreateOptions['HostConfig']> {
  const memory = limits.memoryBytes === null ? null : Math.max(LEAST_MEMORY, Math.min(limits.memoryBytes, capacity.memoryBytes));
  return {
    ...(limits.cpus === null ? {} : { NanoCpus: Math.max(1, Math.floor(Math.min(limits.cpus, capacity.cpus) * 1e9)) }),
    // The same number twice: no swap on top.
    ...(memory === null ? {} : { Memory: memory, MemorySwap: memory }),
    ...(limits.pids === null ? {} : { PidsLimit: limits.pids }),
  };
}

/** A function as replacement: `$` in a name must not mean anything. */
const fill = (arg: string, req: SpawnRequest): string => arg.replace(/\{(prefix|port)\}/g, (_all, key) => (key === 'prefix' ? req.prefix : String(req.profile.port)));

const SYSTEM = /^\/(?:|bin|boot|dev|etc|lib|lib64|proc|root|run|sbin|sys|usr|var|app|data|templates)(?:\/|$)/;

function demandSaneLayout(layout: Layout): void {
  for (const path of [layout.home, layout.userHome, layout.workspace, layout.cache, layout.shared]) {
    const sane = path.startsWith('/') && !path.split('/').includes('..') && !path.split('/').includes('.');
    if (!sane || SYSTEM.test(path)) throw new HubError('invalid-input', `The profile's layout puts a volume at ${path}, which belongs to the system. An administrator has to correct the profile.`);
  }
}
