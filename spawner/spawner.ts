import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { ServerId, ServerName, UserId, UserName, VolumeId } from '../hub/domain/ids';
import type { ImageTraits } from '../hub/domain/images';
import type { PolicyMount, Section } from '../hub/domain/policy';
import type { Mode, Outbound, Profile } from '../hub/domain/profile';
import type { FilePath } from '../hub/domain/file-path';
import type { FolderPage } from '../hub/domain/folder';
import type { Handle } from '../hub/domain/server';
import type { VolumeRef } from '../hub/domain/volume';

/**
 * The contract of everything that can run a server. The spawner owns attachment: it returns an origin that the hub can dial and
 * hides how. No container id, bridge or host path appears here, so that other engines fit behind it.
 */
export interface SpawnRequest {
  readonly server: { readonly id: ServerId; readonly name: ServerName };
  readonly owner: { readonly id: UserId; readonly name: UserName };
  readonly profile: Profile;
  /** What it is given to keep files in, one for each purpose: made where it does not exist yet. */
  readonly volumes: readonly VolumeRef[];
  /** What the lab may reach outside: the profile's policy, or what a group of its owner grants. */
  readonly outbound: Outbound;
  /** Path below which the server must serve, e.g. `/user/alice/`; starts and ends with a slash, already escaped. */
  readonly prefix: string;
  /** Complete environment of the lab, secret included. */
  readonly env: Readonly<Record<string, string>>;
  /** Folders of the host that its owner's groups give it, already allowed by name. Absent: none. */
  readonly mounts?: readonly PolicyMount[];
  /** The engine's own socket, and with it all power over the host, for this lab's user. Absent: never. */
  readonly docker?: true;
}

export type SpawnEvent =
  | { readonly kind: 'preparing' }
  | { readonly kind: 'pulling'; readonly image: string; readonly receivedBytes: number; readonly totalBytes: number | null; readonly layers?: { readonly done: number; readonly total: number } }
  | { readonly kind: 'created' }
  | { readonly kind: 'started' };

export interface StartOptions {
  readonly signal: AbortSignal;
  readonly onEvent: (event: SpawnEvent) => void;
  /** Called as soon as something exists that would have to be cleaned up: the caller persists it before anything else happens. */
  readonly onHandle: (handle: Handle) => void;
}

export type Health =
  /** `origin` as `http://host:port`, dialable by this process now. `mode`: how it was started; null: by a hub that did not note that. `paused`: it lives, and answers nothing until somebody resumes it. */
  | { readonly kind: 'running'; readonly origin: string; readonly mode: Mode | null; readonly paused?: true }
  | { readonly kind: 'exited'; readonly exitCode: number | null; readonly oomKilled: boolean; readonly detail: string }
  | { readonly kind: 'absent' };

/** What an ended process leaves to be told, read before it is removed. */
export interface Remains {
  /** null: it never ran, or nobody knows. */
  readonly exitCode: number | null;
  /** The kernel ended it for want of memory. */
  readonly oomKilled: boolean;
  /** Bytes. `peak`: the most that was seen of it, without what the kernel only keeps as cache; null: never looked at. `limit` null: none. */
  readonly memory: { readonly peak: number | null; readonly limit: number | null };
  /** Its last lines, oldest first, secrets redacted. */
  readonly logTail: readonly string[];
}

/** What happened to a process that goes on living. */
export type Change =
  | { readonly kind: 'paused' | 'resumed' }
  /** It lost the network on which the hub reaches it, or got it back. */
  | { readonly kind: 'detached' | 'attached' }
  /** The kernel killed one of its children for memory, at the limit of `limit` bytes (null: none of its own). */
  | { readonly kind: 'child-killed'; readonly at: Date; readonly limit: number | null };

/** What a running server uses. */
export interface Sample {
  readonly server: ServerId;
  /** Without what the kernel only keeps as cache. */
  readonly memoryBytes: number;
  /** Bytes; null: no limit. */
  readonly memoryLimit: number | null;
  /** Since its process began: it falls when that begins again. */
  readonly cpuSeconds: number;
  /** CPUs; null: no limit. */
  readonly cpuLimit: number | null;
}

export interface Spawner {
  /** Word stored in handles, e.g. `docker`. */
  readonly kind: string;
  /** Parts of a policy that this spawner cannot carry out and passes over. Absent: it carries out all of them. */
  readonly ignores?: readonly Section[];
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
  /**
   * Idempotent. Resolves once the process and what was made for it (network, rules) are gone; volumes stay. `onRemains` is told at most
   * once, after the process has ended and before it is gone; what cannot be read holds nothing up and is not told.
   */
  stop(handle: Handle, opts: { readonly graceMs: number; readonly onRemains?: (remains: Remains) => void }): Promise<void>;
  /**
   * Ends the process and starts the same one again: container, environment and disk stay, memory does not. Nobody is told of that end.
   * Rejects with a `HubError` and leaves what there is. Absent: this spawner can only make a new one.
   */
  restart?(handle: Handle, opts: { readonly graceMs: number }): Promise<void>;
  /** Seconds of CPU that the process and all its children have used since it started. Rejects when that cannot be known. Absent: it never can. */
  cpuSeconds?(handle: Handle, signal: AbortSignal): Promise<number>;
  /**
   * What all running servers of this hub use, in one pass that costs little: whatever does not say so before `signal` aborts is left out, so
   * that an engine that hangs holds nobody up. Rejects with `unavailable` when the engine does not answer at all.
   */
  sample(signal: AbortSignal): Promise<readonly Sample[]>;
  /** Folder of this machine in which the engine keeps images, containers and volumes; null: it is out of sight, or not known. Absent: nowhere in particular. Never rejects. */
  storageFolder?(): Promise<string | null>;
  /** The last lines it wrote, oldest first, secrets redacted. Absent process: an empty list. */
  logs(handle: Handle, lines: number): Promise<readonly string[]>;
  /**
   * The last `lines` and then what it writes, redacted, in pieces of at least one line, until it ends or `signal` aborts. Reads no faster
   * than its reader. A process that is absent has nothing to tell; rejects with `unavailable` when the engine stops answering. Absent: this
   * spawner has no such stream.
   */
  followLogs?(handle: Handle, opts: { readonly lines: number; readonly signal: AbortSignal }): AsyncIterable<readonly string[]>;
  /** Every process of this hub instance, found by label: what boot reconciles against. */
  list(): Promise<readonly { readonly server: ServerId; readonly handle: Handle; readonly running: boolean }[]>;
  /** Tells of processes that ended without being asked. The returned function ends the subscription. */
  onExit(listener: (server: ServerId, handle: Handle) => void): () => void;
  /** Tells what happens to processes that live on. The returned function ends the subscription. Absent: nobody can tell. */
  onChange?(listener: (server: ServerId, handle: Handle, change: Change) => void): () => void;
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

/** A volume as the engine knows it. */
export interface FoundVolume {
  /** null: it was made before the hub gave ids to volumes. */
  readonly id: VolumeId | null;
  readonly name: string;
  readonly purpose: string;
  /** For whom it was made. Who owns it now is the hub's knowledge. */
  readonly owner: UserId;
}

/** Volumes have a life of their own: they outlive servers, and only an explicit choice ends them. Whose they are is for the hub to know. */
export interface Volumes {
  /** What this hub had made: for that user, or for everybody. */
  listVolumes(owner?: UserId): Promise<readonly FoundVolume[]>;
  /** For good. Idempotent; refuses (`conflict`) while one of them is in use, and then removes none. */
  removeVolumes(volumes: readonly VolumeRef[]): Promise<void>;
  /** Sizes of everything this hub had made. May take minutes: never for a page. `bytes` null: it could not be measured. */
  measureVolumes(signal: AbortSignal): Promise<readonly { readonly id: VolumeId | null; readonly name: string; readonly bytes: number | null }[]>;
  /**
   * A tar archive of their files, with a folder for each purpose. Changes nothing, and runs nothing of anybody's. Throws `not-found` when
   * none of them was made yet. An archive that could not be completed ends with an error; destroying the stream frees what it needs.
   */
  archiveVolumes(volumes: readonly VolumeRef[], ask: { readonly image: string; readonly signal: AbortSignal }): Promise<Readable>;
  /** Finishes or removes what archives, readings and preparations of an earlier life of the hub left. */
  tidyVolumes(): Promise<void>;
  /**
   * What is in a folder, whether or not a server runs. Like the two below it changes nothing, runs nothing of anybody's, never follows a
   * link, not even one that points to a neighbour, and waits for no pipe and no device. `not-found`: the volume was never made, or nothing
   * is there; `invalid-input`: a link is on the way, or something else than a folder is there.
   */
  listFolder(at: FilePlace, ask: FileAsk & { readonly offset: number; readonly limit: number }): Promise<FolderPage>;
  /** A plain file, as long as it was when it was opened; a stream that cannot bring all of that ends with an error. Throws as `listFolder` does. */
  readFile(at: FilePlace, ask: FileAsk): Promise<FileContent>;
  /** A tar archive of one folder, with links as links; nothing of pipes, sockets and devices is in it but at most their names. Otherwise as `archiveVolumes`. Throws as `listFolder` does. */
  archiveFolder(at: FilePlace, ask: FileAsk): Promise<Readable>;
}

/** One place in one volume. */
export interface FilePlace {
  readonly volume: VolumeRef;
  readonly path: FilePath;
}

export interface FileAsk {
  /** Of a container that reads them, where there are containers. */
  readonly image: string;
  readonly signal: AbortSignal;
}

export interface FileContent {
  readonly bytes: number;
  readonly modified: Date;
  /** Destroying it frees what it needs. */
  readonly stream: Readable;
}
