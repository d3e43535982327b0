import type { InstanceId } from '../../hub/domain/ids';

/** What an installation decides about its containers. */
export interface DockerSettings {
  /** `unix:///…` or `tcp://host:port`; absent: the usual socket. */
  readonly host?: string | undefined;
  readonly instance: InstanceId;
  /** First part of the names of containers and volumes. */
  readonly namePrefix: string;
  /** First part of the names of networks. */
  readonly networkPrefix: string;
  /** IPv4 range, e.g. `10.213.0.0/16`, of which every server gets a part of its own. */
  readonly networkPool: string;
  /** Prefix length of one server's part; 28 leaves room for 4096 servers in a /16. */
  readonly subnetSize: number;
  /** Port at which a lab reaches the hub, on the hub's address in that lab's own network; null: labs reach nothing of the hub. */
  readonly internalPort: number | null;
  /**
   * Id or name of the container that the hub itself runs in, on this very engine; null: the hub runs on the engine's host. In a container,
   * labs' networks have no address of the host, so there is nothing for host rules to do.
   */
  readonly hubContainer: string | null;
  /** `auto`: host rules are applied, and looked at again and again; `off`: somebody else sees to it. */
  readonly firewall: 'auto' | 'off';
  /** `require`: a lab whose rules cannot be applied is not started; `report`: it is, and the check says so. */
  readonly isolation: 'require' | 'report';
  /** Versions of the engine's parts that are known to be weak fail the check, instead of being named only. */
  readonly strictVersions: boolean;
  /** Volume that all labs see; null: none. */
  readonly sharedVolume: string | null;
  /** The hub's own state: neither it, nor what is in it, nor what contains it is ever mounted. */
  readonly dataDir: string;
  /** Seen read-only at `/templates`. */
  readonly templatesDir: string | null;
  /** The team's own code, seen read-only at `/app`. */
  readonly appDir: string | null;
  /** Its `wrds` and `analytics`, when present, are seen read-only below `/data`. */
  readonly hostDataDir: string | null;
  /** Folders of the host that groups may have mounted, each with everything in it. */
  readonly allowedMounts: readonly string[];
  /** Image with python3 for the boot probe; null: isolation stays unproven and `check` says so. */
  readonly probeImage: string | null;
  readonly extraLabels: Readonly<Record<string, string>>;
}

export const DOCKER_DEFAULTS = {
  namePrefix: 'jupyterlab-',
  networkPrefix: 'berth-',
  networkPool: '10.213.0.0/16',
  subnetSize: 28,
  internalPort: null,
  hubContainer: null,
  firewall: 'auto',
  isolation: 'require',
  strictVersions: false,
  sharedVolume: 'jupyterhub_shared',
  templatesDir: null,
  appDir: null,
  hostDataDir: null,
  allowedMounts: [],
  probeImage: null,
  extraLabels: {},
} as const satisfies Partial<DockerSettings>;
