/** What an administrator offers to start: an image, its limits, and how the hub reaches it. */
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
  /** `injected`: the hub authorises and adds the server's secret. `singleuser`: the image does OAuth against the hub. */
  readonly upstream: 'injected' | 'singleuser';
  readonly layout: Layout;
  readonly limits: Limits;
  readonly readOnlyRoot: boolean;
  readonly outbound: Outbound;
  /** Milliseconds; null: no limit. What is absent comes from the hub's settings. */
  readonly idle?: { readonly idleLimit?: number | null; readonly maxAge?: number | null };
  /** Extra environment; the hub's own variables win. */
  readonly env: Readonly<Record<string, string>>;
}

/** `none`: nothing outside the lab's own network. `open`: the internet; neighbours, host, private and metadata addresses stay blocked. */
export type Outbound = 'none' | 'open';

/** Where the volumes go inside an image. `user` is `uid:gid`; null: the image's own. */
export interface Layout {
  readonly home: string;
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
