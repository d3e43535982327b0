import type { Socket } from 'node:net';
import type { ServerId, ServerName, UserId, UserName } from '../hub/domain/ids';
import type { ImageTraits } from '../hub/domain/images';
import type { Mode, Outbound, Profile } from '../hub/domain/profile';
import type { Handle } from '../hub/domain/server';

/**
 * The contract of everything that can run a server. The spawner owns attachment: it returns an origin that the hub can dial and
 * hides how. No container id, bridge or host path appears here, so that other engines fit behind it.
 */
export interface SpawnRequest {
  readonly server: { readonly id: ServerId; readonly name: ServerName };
  readonly owner: { readonly id: UserId; readonly name: UserName };
  readonly profile: Profile;
  /** What the lab may reach outside: the profile's policy, or what a group of its owner grants. */
  readonly outbound: Outbound;
  /** Path below which the server must serve, e.g. `/user/alice/`; starts and ends with a slash, already escaped. */
  readonly prefix: string;
  /** Complete environment of the lab, secret included. */
  readonly env: Readonly<Record<string, string>>;
}

export type SpawnEvent =
  | { readonly kind: 'preparing' }
  | { readonly kind: 'pulling'; readonly image: string; readonly receivedBytes: number; readonly totalBytes: number | null }
  | { readonly kind: 'created' }
  | { readonly kind: 'started' };

export interface StartOptions {
  readonly signal: AbortSignal;
  readonly onEvent: (event: SpawnEvent) => void;
  /** Called as soon as something exists that would have to be cleaned up: the caller persists it before anything else happens. */
  readonly onHandle: (handle: Handle) => void;
}

export type Health =
  /** `origin` as `http://host:port`, dialable by this process now. `mode`: how it was started; null: by a hub that did not note that. */
  | { readonly kind: 'running'; readonly origin: string; readonly mode: Mode | null }
  | { readonly kind: 'exited'; readonly exitCode: number | null; readonly oomKilled: boolean; readonly detail: string }
  | { readonly kind: 'absent' };

export interface Spawner {
  /** Word stored in handles, e.g. `docker`. */
  readonly kind: string;
  /**
   * Creates and starts the process, replacing any leftover of the same server that carries our labels. On failure or abort:
   * leaves nothing behind and rejects with a `HubError` whose message a user can act on. A foreign thing of the same name is
   * never touched: `HubError('conflict')`.
   */
  start(req: SpawnRequest, opts: StartOptions): Promise<Handle>;
  /**
   * What an image says about itself, for a profile that leaves it open; where it says nothing, the hub authorises, and the layout is that
   * of Jupyter's images. Fetches an image that is missing (`pulling`), and looks only once at what an image is. Rejects as `start` does.
   */
  describeImage(image: string, opts: Pick<StartOptions, 'signal' | 'onEvent'>): Promise<ImageTraits>;
  /** Current truth. A missing process is `absent`, never an exception; an unreachable engine is `HubError('unavailable')`. */
  inspect(handle: Handle, signal?: AbortSignal): Promise<Health>;
  /** Idempotent. Resolves once the process and what was made for it (network, rules) are gone; volumes stay. */
  stop(handle: Handle, opts: { readonly graceMs: number }): Promise<void>;
  /** The last lines it wrote, oldest first, secrets redacted. Absent process: an empty list. */
  logs(handle: Handle, lines: number): Promise<readonly string[]>;
  /** Every process of this hub instance, found by label: what boot reconciles against. */
  list(): Promise<readonly { readonly server: ServerId; readonly handle: Handle; readonly running: boolean }[]>;
  /** Tells of processes that ended without being asked. The returned function ends the subscription. */
  onExit(listener: (server: ServerId, handle: Handle) => void): () => void;
  /** `http://host:port` at which a lab reaches the hub's internal listener, the same in every lab; null: labs reach nothing of the hub. */
  readonly hubUrl: string | null;
  /**
   * Hands over each connection that a lab opens to `hubUrl`, with the server whose lab it is: known from the network it came
   * through, never from what it says. Nobody listens: the connection is closed. The returned function ends the subscription.
   */
  onConnection(listener: (server: ServerId, socket: Socket) => void): () => void;
  /** Whether the engine answers and isolation holds, proven by probes that take seconds. Never rejects. */
  check(): Promise<SpawnerCheck>;
  /** The quick part of `check`, for a watch that runs twice a minute: rules in place, repaired where they were not. Never rejects. */
  guard(): Promise<CheckRow>;
  close(): Promise<void>;
}

/** One thing that was looked at, in words an administrator can act on. */
export interface CheckRow {
  /** `engine`, `versions`, `firewall`, `reach`, `isolation`, … */
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** `advice`: worth knowing, and no reason to stop anything. */
  readonly level: 'required' | 'advice';
  /** How long the look took, in milliseconds. */
  readonly ms: number;
  /** It was not as it should be, and was put right by this look. */
  readonly repaired?: true;
}

export interface SpawnerCheck {
  /** True when every required row is. While it is false, no new server starts. */
  readonly ok: boolean;
  readonly checks: readonly CheckRow[];
}

/** Volumes have a life of their own: they outlive servers, and only an explicit choice ends them. */
export interface Volumes {
  /** Names and sizes of what belongs to this user; `bytes` is null while unknown. */
  listFor(owner: UserId): Promise<readonly { readonly name: string; readonly purpose: string; readonly bytes: number | null }[]>;
  /** Idempotent; refuses (`conflict`) while one is in use. */
  removeFor(owner: UserId): Promise<void>;
}
