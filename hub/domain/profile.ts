/**
 * How visitors get into a server. `injected`: the hub authorises and adds the server's secret. `singleuser`: the image does OAuth
 * against the hub.
 */
export type Mode = 'injected' | 'singleuser';

/** What is started: an image, its limits, and how the hub reaches it. */
export interface Profile {
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  readonly image: string;
  /**
   * Command and arguments; `{prefix}` and `{port}` are replaced. Empty: the image's own command.
   * The secret is never here: a process list shows it to everyone in the container.
   */
  readonly argv: readonly string[];
  readonly port: number;
  readonly mode: Mode;
  readonly layout: Layout;
  readonly limits: Limits;
  readonly readOnlyRoot: boolean;
  readonly outbound: Outbound;
  /** Milliseconds; null: no limit. What is absent comes from the hub's settings. */
  readonly idle?: { readonly idleLimit?: number | null; readonly maxAge?: number | null };
  /** Extra environment; the hub's own variables win. */
  readonly env: Readonly<Record<string, string>>;
}

/** What an administrator offers to start. What it leaves open, the image decides at each start. */
export interface OfferedProfile extends Omit<Profile, 'mode' | 'layout' | 'argv'> {
  readonly mode: Mode | 'auto';
  readonly layout: Layout | 'auto';
  /** null: whatever fits the mode. Empty: the image's own command. */
  readonly argv: readonly string[] | null;
}

/** `none`: nothing outside the lab's own network. `open`: the internet; neighbours, host, private and metadata addresses stay blocked. */
export type Outbound = 'none' | 'open';

/** Where the volumes go inside an image. `user` is `uid:gid`; null: the image's own. */
export interface Layout {
  readonly home: string;
  /** `HOME` of whoever works there: `home`, or a folder in it. */
  readonly userHome: string;
  readonly workspace: string;
  readonly cache: string;
  readonly workingDir: string;
  readonly shared: string;
  readonly user: string | null;
}

/** null means: no limit (a setting of 0). */
export interface Limits {
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly pids: number | null;
}
